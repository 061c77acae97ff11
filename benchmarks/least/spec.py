"""A spec of nics on bridges, by the C loader and nothing else: no form is judged, no place kept."""

from pathlib import Path

import yaml


class _Loader(yaml.CSafeLoader):
    """Takes every scalar as it is written: a MAC may be a number else."""

    def descend_resolver(self, *_: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass

    def resolve(self, kind: type[yaml.Node], *_: object) -> str:
        return kind.__name__


def read_spec(path: str) -> dict[str, list[dict[str, str]]]:
    """Domain -> the fields of each of its nics."""
    root = yaml.compose(Path(path).read_text(), Loader=_Loader)
    top = {key.value: value for key, value in root.value}  # type: ignore[union-attr]  # a map
    wanted = {}
    for domain, body in top["domains"].value:
        ((_, nics),) = body.value
        wanted[domain.value] = [
            {key.value: value.value for key, value in nic.value} for _, nic in nics.value
        ]
    return wanted
