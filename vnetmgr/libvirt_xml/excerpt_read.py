"""Reads domains where there are many: by excerpts, and each nic that is like another but once.

For a few it does not pay: the excerpt's pattern alone takes longer to make than they to parse.
"""

from __future__ import annotations

from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.excerpt import excerpt
from vnetmgr.libvirt_xml.nics.alike import known_nics, remember
from vnetmgr.model.domain import DomainDocument
from vnetmgr.model.record import replace


def read_one_of_many(xml: str) -> DomainDocument:
    """The same as read_domain."""
    cut = excerpt(xml)
    if cut is None:
        return read_domain(xml)
    nics = known_nics(cut.nics)
    if nics is None:
        document = read_domain(cut.document())
        remember(cut.nics, document.nics)
        return document
    if cut.metadata or cut.channels:
        return replace(read_domain(cut.document(nics=False)), nics=nics)
    return DomainDocument(name=cut.name, uuid=cut.uuid, nics=nics)
