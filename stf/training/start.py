"""Beginning with the weights of an earlier model rather than with random ones, and keeping a share of them."""

from collections.abc import Sequence
from copy import deepcopy

from stf.checkpoint import find_model, load_checkpoint
from stf.errors import UserError
from stf.models import build_model
from stf.network import Network
from stf.training.recipe import Recipe

_OF_THE_TRAINED = {"typical_weights", "memory"}  # made anew of the clips that are trained on


def take_over(network: Network, stream: str, classes: Sequence[str], recipe: Recipe, model: str) -> None:
    """Load what a model has learned into a network that is to be trained.

    Rows of the head go by the names of the classes: what the model does not know keeps its random row, what is no
    longer asked for is left out.

    Args:
        network: of `stream`, as built for the recipe.
        stream: the stream of the model whose weights are taken.
        classes: the K class names of the network.
        recipe: what is trained by.
        model: name of a shipped model, or a file.

    Raises:
        UserError: if there is no such model, or it is not of the recipe's kind.
    """
    path = find_model(model)
    header, states = load_checkpoint(path)
    for what, theirs, ours in (
        ("architecture", header.architecture, recipe.model.name),
        ("layout", header.layout, recipe.layout),
        ("normalisation", header.normalisation, recipe.normalisation),
    ):
        if theirs != ours:
            raise UserError(f"training cannot start from {path}: its {what} is {theirs}, the recipe's is {ours}")
    if stream not in states:
        raise UserError(f"training cannot start from {path}: it has no stream '{stream}'")
    learned = {name: tensor for name, tensor in states[stream].items() if name not in _OF_THE_TRAINED}
    earlier = build_model(
        recipe.model.name, layout=network.layout, num_classes=len(header.classes), **recipe.model.options
    )
    try:
        earlier.load(learned)
    except UserError as error:
        raise UserError(f"training cannot start from {path}: {error}") from error
    known = {name: number for number, name in enumerate(header.classes)}
    kept = [name in known for name in classes]
    rows = [known[name] for name in classes if name in known]
    for name in ("head.weight", "head.bias"):
        learned[name] = network.state_dict()[name].clone()
        learned[name][kept] = earlier.state_dict()[name][rows]
    network.load(learned)


def blend(network: Network, stream: str, classes: Sequence[str], recipe: Recipe, model: str) -> None:
    """Put a trained network between what it began with and what it has become: (1 - a) theta_0 + a theta_1.

    Weights that were trained on from others can be averaged with them, and the average is often right where either of
    the two is (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022). Classes that the earlier model
    does not know keep the trained rows of the head.

    Args:
        network: the trained one; changed in place.
        stream: as of `take_over`.
        classes: as of `take_over`.
        recipe: what was trained by; a is its `blend`.
        model: what was started from.

    Raises:
        UserError: as `take_over` does.
    """
    begun = deepcopy(network)
    take_over(begun, stream, classes, recipe, model)
    trained, earlier = network.state_dict(), begun.state_dict()
    network.load(
        {
            name: earlier[name].lerp(tensor, recipe.blend) if tensor.is_floating_point() else tensor
            for name, tensor in trained.items()
        }
    )
