"""Simple commands: QEMU's are kept, functions are followed, builtins do what they do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from vnetmgr.model.record import Record
from vnetmgr.qemu_args.shell.documents import Documents
from vnetmgr.qemu_args.shell.expand import Expander, Field
from vnetmgr.qemu_args.shell.outputs import output_of
from vnetmgr.qemu_args.shell.settle import settle
from vnetmgr.qemu_args.shell.state import State
from vnetmgr.qemu_args.shell.syntax import Assignment, Element, ShellError, Word
from vnetmgr.qemu_args.shell.values import Array, Hole, Many, Map, Problem, Reason, array, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import ClassVar

    from vnetmgr.qemu_args.shell.state import Exits
    from vnetmgr.qemu_args.shell.syntax import Command, Function, Opaque, Simple, Substitution
    from vnetmgr.qemu_args.shell.values import Items, Text

_STEPS = 50_000
"""How many commands are followed at most, turns of loops and calls of functions included."""
_CALLS = 24


class ScriptCommand(Record):
    """One QEMU command: its program and arguments, and the line where it begins."""

    words: tuple[str, ...]
    line: int
    path: tuple[tuple[int, int, Reason], ...] = ()
    """The branches that lead to it: which, which way, and where."""


class Mark(NamedTuple):
    """How much has been found up to a place."""

    commands: int
    problems: int
    notes: int


class SimpleCommands(Documents):
    """What has been found so far, and how single commands change it."""

    builtins: ClassVar[Mapping[str, Callable[[Any, Simple, list[Field]], bool | None]]]
    """The shell's own commands; the first argument is the interpreter itself."""

    def __init__(self, *, bash: bool | None) -> None:
        self.bash = bash
        self.state = State()
        self.expander = Expander(self)
        self.commands: list[ScriptCommand] = []
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.reached: set[int] = set()
        """The commands that were followed, by their identity: the tree stays as it is."""
        self.defined: dict[int, Function] = {}
        self.called: set[int] = set()
        self.calls: list[tuple[int, tuple[object, ...]]] = []
        self.path: tuple[tuple[int, int, Reason], ...] = ()
        self.branch = 0
        self.captures = self.into_file = 0
        self.loops: list[Exits] = []
        self.returns: list[list[State]] = []
        self.reason = Reason("loop", 0)
        self.steps = 0
        self.line = 1
        """Of what is followed now."""

    def execute(self, command: Command) -> bool | None:
        raise NotImplementedError

    def either(self, ways: list[Callable[[], bool | None]], reason: Reason) -> list[bool | None]:
        raise NotImplementedError

    def step(self, line: int) -> None:
        """One more thing is followed. Raises ShellError where it would never end."""
        self.steps += 1
        self.line = line or self.line
        if self.steps > _STEPS:
            raise ShellError(self.line, "this takes too many turns to be followed")

    def mark(self) -> Mark:
        return Mark(len(self.commands), len(self.problems), len(self.notes))

    def rewind(self, mark: Mark) -> None:
        """Forget what was found since: it will be found again."""
        del self.commands[mark.commands :]
        del self.problems[mark.problems :]
        del self.notes[mark.notes :]

    def started_again(self, first: int) -> None:
        """A loop that goes on for ever starts a guest again: of what it runs since, each once."""
        found = {(each.line, each.words): each for each in reversed(self.commands[first:])}
        self.commands[first:] = list(found.values())[::-1]

    def ended(self, state: State) -> State:
        """A place that is not reached."""
        ended = state.copy()
        ended.dead = True
        return ended

    @contextmanager
    def subshell(self) -> Iterator[State]:
        """What changes within does not change the script."""
        outer, loops, returns, path = self.state, self.loops, self.returns, self.path
        self.state, self.loops, self.returns = outer.copy(), [], []
        yield outer
        self.state, self.loops, self.returns, self.path = outer, loops, returns, path

    # Simple commands

    def simple(self, command: Simple) -> bool | None:
        """Whether it succeeds. None: only a run would tell."""
        self.step(command.line)
        self.reached.add(id(command))
        self.expander.notes = []
        if not command.words:
            for each in command.assignments:
                self.assign(each)
            self.documents(command.redirections, "")
            return True if not self._substitutes(command) else None
        for each in command.assignments:
            if isinstance(each.value, Word):
                self.expander.text(each.value)
        fields = [
            field
            for word in command.words
            if isinstance(word, Word)
            for field in self.expander.fields(word)
        ]
        before = self.state.output
        status = self._run(command, fields)
        self.redirected(command.redirections, before)
        return status

    def _substitutes(self, command: Simple) -> bool:
        return any(
            type(part).__name__ == "Substitution"
            for each in command.assignments
            if isinstance(each.value, Word)
            for part in each.value.parts
        )

    def _run(self, command: Simple, fields: list[Field]) -> bool | None:
        name = self._name(fields)
        self.documents(command.redirections, name or "")
        functions = self.state.functions.get(name or "", (None,))
        if functions != (None,):
            arguments = tuple(field.value for field in fields[1:])
            return self._call_one_of(functions, arguments, command, fields)
        if builtin := self.builtins.get(name or ""):
            return builtin(self, command, fields)
        return self._program(command, fields)

    def _name(self, fields: list[Field]) -> str | None:
        from vnetmgr.qemu_args.shell.values import known

        first = fields[0].value if fields else None
        return None if first is None or isinstance(first, Many) else known(first)

    def _program(self, command: Simple, fields: list[Field]) -> bool | None:
        if fields and self._is_dispatch(fields[0]):
            return None
        settled = settle(fields, command.line)
        self.problems += settled.problems
        if settled.qemu:
            self.notes += [*settled.notes, *self.expander.notes]
        if settled.words is not None:
            found = ScriptCommand(words=settled.words, line=command.line, path=self.path)
            self.commands.append(found)
        if self.captures:
            self._write(output_of(fields, self.document_text(command), command.line))
        if self._name(fields) == "exec" and len(fields) > 1:
            self.state.dead = True
        return None

    def _is_dispatch(self, field: Field) -> bool:
        """Whether the script's own arguments choose one of its functions: all are read."""
        if isinstance(field.value, Many):
            return field.value.left_out
        if not self.defined:
            return False
        first = next(iter(field.value), None)
        if isinstance(first, Hole):
            return first.left_out or first.shown.strip("${}").isdecimal()
        prefix = first if isinstance(first, str) else ""
        return len(field.value) > 1 and any(
            each.name.startswith(prefix) for each in self.defined.values()
        )

    def _write(self, text: Text) -> None:
        self.state.output = text_of((*self.state.output, *text))

    # Functions

    def _call_one_of(
        self,
        functions: tuple[Function | None, ...],
        arguments: Items,
        command: Simple,
        fields: list[Field],
    ) -> bool | None:
        if len(functions) == 1 and functions[0] is not None:
            return self.call(functions[0], arguments)
        ways: list[Callable[[], bool | None]] = [
            (lambda: self._program(command, fields))
            if each is None
            else (lambda each=each: self.call(each, arguments))  # type: ignore[misc]
            for each in functions
        ]
        self.either(ways, Reason("function", command.line))
        return None

    def call(self, function: Function, arguments: Items) -> bool | None:
        """Follow a function with its arguments."""
        self.called.add(id(function))
        here = (id(function), (*self.state.copy().key(), arguments))
        if here in self.calls:
            self.state.dead = True  # the same again, which was followed already
            return None
        if len(self.calls) >= _CALLS:
            raise ShellError(function.line, f"{function.name} calls itself too often to be read")
        before, loops, path = self.state.arguments, self.loops, self.path
        self.calls.append(here)
        self.state.arguments, self.loops = arguments, []
        self.state.frames = (*self.state.frames, {})
        self.returns.append([])
        status = self.execute(function.body)
        ends = [*self.returns.pop(), self.state]
        from vnetmgr.qemu_args.shell.state import join_states

        if len(ends) > 1:
            status, self.path = None, path
        joined = join_states(ends, Reason(f"function {function.name}", function.line))
        self.state = joined or self.ended(self.state)
        self.state.leave()
        self.state.arguments, self.loops = before, loops
        self.calls.pop()
        return status

    def read_uncalled(self) -> None:
        """Functions that nothing calls here: something else may, with whatever arguments."""
        last = self.state
        for function in list(self.defined.values()):
            if id(function) in self.called:
                continue
            self.state = last.copy()
            self.state.dead = False
            why = f"what {function.name} is called with is not known"
            self.call(function, (Many(why, function.line, "$@"),))

    # Assignments

    def assign(self, assignment: Assignment, *, is_map: bool = False) -> None:
        """`NAME=value` in all its forms."""
        name, state = assignment.name, self.state
        old = state.get(name)
        if not isinstance(assignment.value, Word):
            self._assign_list(assignment, is_map=is_map or isinstance(old, Map))
            return
        value = self.expander.text(assignment.value)
        if assignment.place is not None:
            index = self.expander.text(assignment.place)
            if not isinstance(old, Map):
                index = self.expander.calculated(assignment.place, f"{name}[...]")
            state.element(name, index, value, append=assignment.append, line=assignment.line)
        elif not assignment.append:
            self.set_text(name, value)
        elif isinstance(old, Array):
            state.element(name, ("0",), value, append=True, line=assignment.line)
        else:
            state.put(name, text_of((*(state.scalar(name) or ()), *value)))

    def set_text(self, name: str, value: Text) -> None:
        """`NAME=value`: of an array that is its first."""
        old = self.state.get(name)
        rest = old.items[1:] if isinstance(old, Array) else ()
        self.state.put(name, array((value, *rest)) if isinstance(old, Array) else value)

    def _assign_list(self, assignment: Assignment, *, is_map: bool) -> None:
        name = assignment.name
        old = self.state.get(name) if assignment.append else None
        found: list[tuple[Text | None, Text | Many]] = []
        # All of them see what the list was before.
        for element in assignment.value:
            if not isinstance(element, Element):
                continue
            key = None if element.key is None else self.expander.text(element.key)
            if key is None:
                found += [(None, f.value) for f in self.expander.fields(element.value, files=True)]
            else:
                found.append((key, self.expander.text(element.value)))
        if is_map:
            self.state.put(name, old if isinstance(old, Map) else Map(()))
        else:
            items = old.items if isinstance(old, Array) else () if old is None else (old,)
            plain = [value for key, value in found if key is None]
            self.state.put(name, array((*items, *plain)))
        for key, value in found:
            if key is not None and not isinstance(value, Many):
                self.state.element(name, key, value, append=False, line=assignment.line)

    # Substitutions

    def unknown_output(self, part: Substitution | Opaque) -> Hole:
        why = f"{part.shown} is not run here: write what it gives"
        return Hole(why, part.line, part.shown)

    def written(self, part: Substitution | Opaque, output: Text) -> Text:
        """What `$(...)` becomes: without the last line's end, and named in messages."""
        pieces = list(output)
        while pieces and isinstance(pieces[-1], str) and not pieces[-1].rstrip("\n"):
            pieces.pop()
        if pieces and isinstance(pieces[-1], str):
            pieces[-1] = pieces[-1].rstrip("\n")
        return text_of(
            self.unknown_output(part)
            if isinstance(piece, Hole) and piece.choices is None and not piece.via
            else piece
            for piece in pieces
        )
