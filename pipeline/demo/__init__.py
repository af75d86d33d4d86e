"""A published model in the browser: the server of this machine and the page that it serves."""
