"""How a run goes: a line a component when it is done, and signs of life until then."""

from rich.console import Console
from rich.text import Text

from pipeline.pulse import Pace, Pulse
from pipeline.runners.events import ComponentRun, Listener


class ProgressLines(Listener):
    """One line a component: state, time, figure. The one under way is told by a `Pulse`."""

    def __init__(self, console: Console) -> None:
        self._pulse, self._bars = Pulse(console), console.is_terminal
        self._width = 0
        self.running, self.planned = "", False
        self._total = self._count = 0
        self._pace = Pace()

    def say(self, text: str) -> None:
        """See `pipeline.runners.events.Listener`."""
        self._pulse.say(text)

    def plan(self, names: list[str]) -> None:
        """Likewise."""
        self.planned = True
        self._width = max(len(name) for name in names)
        self._total = len(names)

    def start(self, name: str) -> None:
        """Likewise."""
        self._count += 1
        self.running = name
        self._pace = Pace()
        self._pulse.say(self._under_way)

    def progress(self, text: str, done: float, total: float) -> None:
        """Likewise."""
        told = self._pace(text, done, total) if self._bars else self._pace.in_words(text, done, total)
        self._pulse.say(self._under_way, told)

    def done(self, component: ComponentRun) -> None:
        """Likewise."""
        self.running = ""
        state = Text("cached", style="cyan") if component.state == "cached" else Text("ran   ", style="green")
        self._pulse.print(
            Text.assemble(
                f"{component.name:<{self._width}}  ",
                state,
                f"  {component.seconds:6.1f} s  ",
                (component.figure, "bold"),
            )
        )

    def remark(self, text: str) -> None:
        """Likewise."""
        self._pulse.print(Text(text, style="yellow"))

    def stop(self) -> None:
        """No more signs of life."""
        self._pulse.stop()

    @property
    def _under_way(self) -> str:
        return f"{self.running} ({self._count} of {self._total})"
