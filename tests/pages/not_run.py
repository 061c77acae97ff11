"""The blocks that no test runs (```` ```sh ````), and why: page -> first line -> reason."""

NOT_RUN: dict[str, dict[str, str]] = {}
