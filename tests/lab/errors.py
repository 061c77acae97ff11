"""What can go wrong with the lab itself, as opposed to what is tested in it."""


class LabError(RuntimeError):
    """The lab or a program in it failed; the message holds what it printed."""


class GuestError(LabError):
    """A command in a guest failed, or the guest is gone."""


class GuestTimeoutError(GuestError, TimeoutError):
    """A guest did not answer in time; the message holds what it had printed until then."""
