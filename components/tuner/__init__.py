"""The Tuner step: searches the choices of training, each trial judged by its converted file on rows held out."""
