"""Goes through a script as a shell would, with values that may be unknown. Nothing is run.

Where only a run would tell which way a script takes, every way is followed, and what holds behind
them is what they have in common (values.py). A loop whose turns are known is followed turn by
turn; of another the state is found that every turn leaves as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from vnetmgr.qemu_args.shell.builtins import BUILTINS
from vnetmgr.qemu_args.shell.commands import SimpleCommands
from vnetmgr.qemu_args.shell.conditions import Conditional, match
from vnetmgr.qemu_args.shell.documents import writes_file
from vnetmgr.qemu_args.shell.state import Exits, give_up, join_states
from vnetmgr.qemu_args.shell.syntax import (
    AndOr,
    Background,
    Calculation,
    Case,
    CountingFor,
    For,
    Function,
    If,
    Loop,
    Opaque,
    Parameter,
    Pipeline,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Substitution,
    Test,
    Word,
)
from vnetmgr.qemu_args.shell.values import Hole, Many, Reason, known, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.qemu_args.shell.commands import Mark
    from vnetmgr.qemu_args.shell.expand import Field
    from vnetmgr.qemu_args.shell.state import State
    from vnetmgr.qemu_args.shell.syntax import Command
    from vnetmgr.qemu_args.shell.values import Text

_ATTEMPTS = 6
_TURNS = 100
"""How many turns of a `while` are followed one by one."""


class Run(SimpleCommands):
    """One way through a script."""

    builtins = BUILTINS

    def execute(self, command: Command) -> bool | None:
        """Follow a command. Whether it succeeds; None: only a run would tell."""
        if self.state.dead:
            return None
        if isinstance(command, Simple):
            return self.simple(command)
        self.step(getattr(command, "line", 0))
        return self._kinds[type(command)](self, command)

    def _sequence(self, command: Sequence) -> bool | None:
        status: bool | None = True
        for each in command.commands:
            status = self.execute(each)
        return status

    def _background(self, command: Background) -> bool | None:
        with self.subshell():
            self.execute(command.command)
        return True

    def _redirected(self, command: Redirected) -> bool | None:
        before = self.state.output
        self.documents(command.redirections, "")
        into_file = writes_file(command.redirections)
        self.into_file += into_file
        status = self.execute(command.command)
        self.into_file -= into_file
        self.redirected(command.redirections, before)
        return status

    def _pipeline(self, command: Pipeline) -> bool | None:
        if len(command.commands) == 1:
            status = self.execute(command.commands[0])
            return None if status is None else not status
        before = self.state.output
        for each in command.commands:
            with self.subshell():
                self.execute(each)
        self.feeds(command)
        shown = "what a pipeline writes is not known before the script runs"
        self.state.output = text_of((*before, Hole(shown, command.line, "...|...")))
        return None

    def _and_or(self, command: AndOr) -> bool | None:
        status = self.execute(command.first)
        for operator, each in command.rest:
            if status is None and not self.state.dead:
                reason = Reason(operator, command.line)
                results = self.either([lambda each=each: self.execute(each), lambda: None], reason)  # type: ignore[misc]
                status = results[0] if results[0] == (operator == "||") else None
            elif status is (operator == "&&"):
                status = self.execute(each)
        return status

    # Branches

    def either(self, ways: list[Callable[[], bool | None]], reason: Reason) -> list[bool | None]:
        """Follow each way from here; behind them is what they have in common."""
        before, ends, results = self.state, [], []
        self.branch += 1
        place, outer = self.branch, self.path
        for number, way in enumerate(ways):
            self.state, self.path = before.copy(), (*outer, (place, number, reason))
            results.append(way())
            ends.append(self.state)
        # Where the others end the script, what follows is part of the way that goes on.
        alive = [number for number, end in enumerate(ends) if not end.dead]
        self.path = (*outer, (place, alive[0], reason)) if len(alive) == 1 else outer
        self.state = join_states(ends, reason) or self.ended(before)
        return results

    def _if(self, command: If) -> bool | None:
        ways: list[tuple[State, Sequence | None]] = []
        for test, body in (*command.branches, (None, command.otherwise)):
            holds = True if test is None else self.execute(test)
            if self.state.dead:
                break
            if holds is not False:
                ways.append((self.state, body))
                self.state = self.state.copy()
            if holds:
                break
        if len(ways) > 1:
            self.either(
                [lambda way=way: self._way(*way) for way in ways],  # type: ignore[misc]
                Reason("if", command.line),
            )
            return None
        return self._way(*ways[0]) if ways else None

    def _way(self, start: State, body: Sequence | None) -> bool | None:
        """One branch of an `if`, behind its condition."""
        self.state = start
        return True if body is None else self.execute(body)

    def _case(self, command: Case) -> bool | None:
        text = self.expander.text(command.word)
        ways: list[Callable[[], bool | None]] = []
        sure = False
        for number, (patterns, _, _) in enumerate(command.arms):
            answers = [match(text, pattern, self.expander) for pattern in patterns]
            if True in answers or None in answers:
                ways.append(lambda number=number: self._arm(command, number))  # type: ignore[misc]
            if True in answers:
                sure = True
                break
        if not sure:
            ways.append(lambda: None)
        if len(ways) == 1:
            return ways[0]()
        self.either(ways, Reason("case", command.line))
        return None

    def _arm(self, command: Case, number: int) -> bool | None:
        _, body, end = command.arms[number]
        status = self.execute(body)
        if end == ";;" or number + 1 == len(command.arms) or self.state.dead:
            return status
        if end == ";&":
            return self._arm(command, number + 1)
        rest = command._replace(arms=command.arms[number + 1 :])
        return self._case(rest)

    def _test(self, command: Test) -> bool | None:
        return Conditional(command.tokens, self.expander).holds()

    def _calculation(self, command: Calculation) -> bool | None:
        number = self.expander.calculate(command.word)
        return None if number is None else number != 0

    def _subshell(self, command: Subshell) -> bool | None:
        with self.subshell() as outer:
            status = self.execute(command.body)
            outer.output = self.state.output
        return status

    def _function(self, command: Function) -> bool | None:
        self.state.functions[command.name] = (command,)
        self.defined.setdefault(id(command), command)
        return True

    # Loops

    def turn(self, body: Callable[[], object], exits: Exits) -> bool:
        """One turn of a loop; whether another may follow."""
        path = self.path
        self.loops.append(exits)
        body()
        self.loops.pop()
        self.path = path
        turns = [*exits.turns, self.state]
        exits.turns.clear()
        self.state = join_states(turns, self.reason) or self.ended(self.state)
        return not self.state.dead

    def _behind(self, exits: Exits, reason: Reason) -> None:
        """Leave a loop: by its end, or by one of its `break`s."""
        ends = [*exits.stops, self.state]
        self.state = join_states(ends, reason) or self.ended(self.state)

    def _for(self, command: For) -> bool | None:
        words = command.words
        if words is None:
            words = (Word((Parameter("@", command.line, quoted=True),), command.line),)
        fields = [field for word in words for field in self.expander.fields(word, files=True)]
        reason = self.reason = Reason("loop", command.line)
        known_turns = not command.select and not any(_open(field) for field in fields)
        if known_turns:
            exits = Exits([], [])
            for field in fields:
                if not isinstance(field.value, Many):
                    self.set_text(command.name, field.value)
                if not self.turn(lambda: self.execute(command.body), exits):
                    break
            self._behind(exits, reason)
            return None

        def turn() -> None:
            self.state.forget(
                command.name, f"changes with each turn of the loop of line {command.line}", 0
            )
            self.execute(command.body)

        self._repeat(turn, reason)
        return None

    def _loop(self, command: Loop) -> bool | None:
        reason = self.reason = Reason("loop", command.line)
        self._while(
            lambda: self.execute(command.test),
            lambda: self.execute(command.body),
            reason,
            until=command.until,
        )
        return None

    def _counting(self, command: CountingFor) -> bool | None:
        reason = self.reason = Reason("loop", command.line)
        self.expander.calculate(command.first)

        def test() -> bool | None:
            if not known(self.expander.text(command.test)):
                return True
            number = self.expander.calculate(command.test)
            return None if number is None else number != 0

        self._while(
            test,
            lambda: self.execute(command.body),
            reason,
            step=lambda: self.expander.calculate(command.step),
        )
        return None

    def _while(
        self,
        test: Callable[[], bool | None],
        body: Callable[[], object],
        reason: Reason,
        *,
        until: bool = False,
        step: Callable[[], object] | None = None,
    ) -> None:
        """Turn by turn as long as the condition is known, and any number of turns from then on."""
        exits, first = Exits([], []), len(self.commands)
        left = self._known_turns(test, body, reason, exits, until=until, step=step)
        if left is None:
            return
        self.state, mark = left
        self.rewind(mark)

        def turn() -> None:
            test()
            exits.stops.append(self.state.copy())
            body()
            if step:
                step()

        self._repeat(turn, reason, exits)
        self.started_again(first)

    def _known_turns(
        self,
        test: Callable[[], bool | None],
        body: Callable[[], object],
        reason: Reason,
        exits: Exits,
        *,
        until: bool,
        step: Callable[[], object] | None,
    ) -> tuple[State, Mark] | None:
        """The turns whose condition is known while something changes. None: the loop has ended;
        else where it stood before the first turn that nothing is known of."""
        first = len(self.commands)
        for _ in range(_TURNS):
            before, mark = self.state.copy(), self.mark()
            holds = test()
            if holds is None or self.state.dead:
                return before, mark
            more = holds != until and self.turn(body, exits)
            if more and step:
                step()
            if not more:
                self._behind(exits, reason)
                return None
            if self.state.key() == before.key():
                # For ever the same: only a `break` leads out.
                self.state = self.ended(self.state)
                self._behind(exits, reason)
                self.started_again(first)
                return None
        return self.state.copy(), self.mark()

    def _repeat(self, turn: Callable[[], None], reason: Reason, exits: Exits | None = None) -> None:
        """Any number of turns: find what every turn leaves as it is, then follow one."""
        exits = exits or Exits([], [])
        stops, mark, entry = len(exits.stops), self.mark(), self.state
        for attempt in range(_ATTEMPTS):
            self.state = entry.copy()
            self.turn(turn, exits)
            del exits.stops[stops:]
            self.rewind(mark)
            joined = join_states([entry, self.state], reason, again=True) or entry.copy()
            if attempt:
                give_up(entry, joined, reason, lists=attempt + 2 >= _ATTEMPTS)
            if joined.key() == entry.key():
                break
            entry = joined
        self.state = entry.copy()
        self.turn(turn, exits)
        self.state = join_states([*exits.stops, entry, self.state], reason) or entry

    # Substitutions

    def substitute(self, part: Substitution | Opaque) -> Text:
        """What a command in a word writes, as far as it can be known."""
        if part.body is None:
            return (self.unknown_output(part),)
        self.step(part.line)
        with self.subshell():
            self.state.output = ()
            self.captures += 1
            self.execute(part.body)
            self.captures -= 1
            output = self.state.output
        return self.written(part, output)

    _kinds: ClassVar[dict[type, Callable[[Run, Any], bool | None]]] = {
        Sequence: _sequence,
        Background: _background,
        Redirected: _redirected,
        Pipeline: _pipeline,
        AndOr: _and_or,
        If: _if,
        Case: _case,
        Test: _test,
        Calculation: _calculation,
        Subshell: _subshell,
        Function: _function,
        For: _for,
        Loop: _loop,
        CountingFor: _counting,
    }


def _open(field: Field) -> bool:
    """Whether it is not known how many turns it makes."""
    if isinstance(field.value, Many):
        return True
    return bool(field.value) and all(isinstance(piece, Hole) for piece in field.value)
