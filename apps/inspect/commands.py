"""What each command of the inspector does."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from apps.inspect.actions import COMMANDS
from apps.inspect.data import Why
from apps.inspect.keeping import CHOICES
from apps.inspect.opening import Request
from apps.live.actions import CheatSheet
from apps.live.events import Notice
from apps.live.wishes import Overlay

if TYPE_CHECKING:
    from apps.inspect.window import InspectWindow

_FILES = "Label records and videos (*.stf.json *.mp4 *.mov *.mkv *.avi *.webm *.m4v);;All files (*)"
_VIDEOS = "Videos (*.mp4 *.mov *.mkv *.avi *.webm *.m4v);;All files (*)"


class Commands:
    """The slots of the actions.

    Args:
        window: whose widgets they use.

    Attributes:
        slots: what each command of `apps.inspect.actions.COMMANDS` calls.
    """

    def __init__(self, window: "InspectWindow") -> None:
        self._window = window
        self._inspector = inspector = window.inspector
        self._sheet: CheatSheet | None = None
        cursor = inspector.cursor
        self.slots: Mapping[str, Callable[[], None]] = {
            "open": self._open_file,
            "folder": self._open_folder,
            "find": self._find,
            "next_clip": lambda: inspector.next_clip(1),
            "last_clip": lambda: inspector.next_clip(-1),
            "results": self._open_results,
            "differ": self._list_differing,
            "next_listed": lambda: self._walk(1),
            "last_listed": lambda: self._walk(-1),
            "clips": lambda: window.show_clips(on=window.clips_dock.isHidden()),
            "play": lambda: cursor.play(on=not cursor.playing),
            "forward": lambda: cursor.skip(1),
            "back": lambda: cursor.skip(-1),
            "next_segment": lambda: self._next_segment(1),
            "last_segment": lambda: self._next_segment(-1),
            "next_doubt": lambda: self._next_doubt(1),
            "last_doubt": lambda: self._next_doubt(-1),
            "loop": self._loop,
            "later": lambda: cursor.go(cursor.now + 5),
            "earlier": lambda: cursor.go(cursor.now - 5),
            "beginning": lambda: cursor.go(cursor.start),
            "finish": lambda: cursor.go(cursor.end),
            "nearer": lambda: cursor.zoom(0.5),
            "farther": lambda: cursor.zoom(2.0),
            "whole": lambda: cursor.show(cursor.start, cursor.end),
            "overlay": self._next_overlay,
            "space": lambda: window.show_space(on=window.views.currentWidget() is not window.body),
            "person": self._next_person,
            "class": self._next_class,
            "swap": self._swap_top_two,
            "module": self._next_module,
            "reset": self._reset,
            "against": self._choose_rival,
            "trust": inspector.doubt_focus,
            "mean_span": window.mean.over_span,
            "mean_all": window.mean.over_all,
            "mean_class": window.mean.over_class,
            "figure": self._save,
            "undo": lambda: inspector.asking.change(inspector.asking.edits[:-1]),
            "full": self._fill_screen,
            "cancel": inspector.chores.cancel,
            "keys": self._show_keys,
            "quit": self._quit,
        }

    def _open_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a label record or a video", "", _FILES)
        if path:
            self._window.open(Request(Path(path)))

    def _open_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open a dataset")
        if path:
            self._window.open(Request(Path(path)))

    def _save(self) -> None:
        subject = self._inspector.subject
        if subject:
            name = f"{Path(subject.name).stem}.png"
            path, _ = QFileDialog.getSaveFileName(self._window, "Save this span", name, CHOICES)
            if path:
                self._inspector.explain(lambda found: self._inspector.keep(Path(path), found))

    def _find(self) -> None:
        request = self._inspector.request
        if request is None:
            return
        path, _ = QFileDialog.getOpenFileName(self._window, "Where is the video?", "", _VIDEOS)
        if path:
            self._window.open(replace(request, video=Path(path)))

    def _say(self, words: str) -> None:
        self._inspector.said.emit(Notice(words))

    def _next_segment(self, step: int) -> None:
        found = self._inspector.next_segment(step)
        if found is None:
            self._say(f"there is no {'later' if step > 0 else 'earlier'} segment of this person")
            return
        self._window.time.timeline.choose(found)
        self._say(f"{found.label}, {found.start:.2f} to {found.end:.2f} s, confidence {found.confidence:.0%}")

    def _next_doubt(self, step: int) -> None:
        found = self._inspector.next_doubt(step)
        if found is None:
            self._say(f"there is no {'later' if step > 0 else 'earlier'} window below 60 %")
        else:
            self._say(f"the model gives its best class {found:.0%} here")

    def _loop(self) -> None:
        """Loop the segment at the cursor, or no more."""
        cursor, segment = self._inspector.cursor, self._inspector.segment
        if cursor.loop is not None:
            cursor.set_loop(None)
        elif segment is None:
            self._say("there is no segment here to loop; mark a span: drag with Shift over the time")
        else:
            cursor.set_loop((segment.start, segment.end))
        self._window.actions_by_name["loop"].setChecked(cursor.loop is not None)

    def _next_overlay(self) -> None:
        painter, overlays = self._inspector.painter, list(Overlay)
        overlay = overlays[(overlays.index(painter.look.overlay) + 1) % len(overlays)]
        painter.draw_as(replace(painter.look, overlay=overlay))
        self._window.actions_by_name["overlay"].setText(f"Overlay: {overlay.value}")

    def _next_person(self) -> None:
        asking, subject = self._inspector.asking, self._inspector.subject
        if subject and subject.persons:
            persons = sorted(subject.persons)
            place = persons.index(asking.person) if asking.person in persons else -1
            asking.look_at(persons[(place + 1) % len(persons)])

    def _next_class(self) -> None:
        asking = self._inspector.asking
        if best := self._best(5):
            place = best.index(asking.why.label) if asking.why.label in best else -1
            asking.wonder(replace(asking.why, label=best[(place + 1) % len(best)]))

    def _swap_top_two(self) -> None:
        """Ask for the second class and not the first, or a contrast that is asked already the other way round."""
        asking = self._inspector.asking
        best = self._best(2)
        if asking.why.contrast and best:
            best = [asking.why.label or best[0], asking.why.contrast]
        if len(set(best)) == 2:
            asking.wonder(replace(asking.why, label=best[1], contrast=best[0]))

    def _best(self, count: int) -> list[str]:
        """The most probable classes of the window at the cursor."""
        asking, subject = self._inspector.asking, self._inspector.subject
        window, track = asking.window, asking.track
        if subject is None or track is None or window is None:
            return []
        scores = track.scores[window]
        known = np.isfinite(scores).all()  # of a clip nothing is, before it has been asked
        return [subject.classes[number] for number in (-scores).argsort()[:count]] if known else []

    def _next_module(self) -> None:
        asking = self._inspector.asking
        if asking.facts:
            now = asking.why.module or asking.facts.shown
            asking.wonder(replace(asking.why, module=now % asking.facts.modules + 1))

    def _choose_rival(self) -> None:
        """Where another model is chosen."""
        self._window.show_panel(self._window.compare)
        self._window.compare.model.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open_results(self) -> None:
        self._window.show_clips(on=True)
        self._window.clips.open_results()

    def _list_differing(self) -> None:
        self._window.show_clips(on=True)
        self._inspector.listing.survey(self._inspector.request, self._inspector.clips)

    def _walk(self, step: int) -> None:
        subject = self._inspector.subject
        self._inspector.listing.step(subject.name if subject else "", step)

    def _reset(self) -> None:
        self._inspector.asking.change(())
        self._inspector.asking.wonder(Why())

    def _fill_screen(self) -> None:
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)
        self._window.actions_by_name["full"].setChecked(self._window.isFullScreen())

    def _show_keys(self) -> None:
        self._sheet = self._sheet or CheatSheet(self._window, COMMANDS)
        self._sheet.setVisible(self._sheet.isHidden())

    def _quit(self) -> None:
        self._window.close()
