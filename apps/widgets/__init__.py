"""The widgets that the viewer and the inspector share: each takes plain frozen data and works on its own."""
