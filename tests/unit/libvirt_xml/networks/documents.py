"""A network document with everything in it, in an odd order, with what nobody knows."""

from __future__ import annotations

MESSY = """\
<?keep this?>
<!-- before -->
<network xmlns:dnsmasq="http://libvirt.org/schemas/network/dnsmasq/1.0" ipv6="yes" future="1">
  <ip address="10.0.0.1" netmask="255.255.255.0" localPtr="yes">
    <!-- addresses -->
    <tftp root="/srv"/>
    <dhcp>
      <range start="10.0.0.100" end="10.0.0.150">
        <lease expiry="2" unit="hours"/>
      </range>
      <range start="10.0.0.200" end="10.0.0.210"><!-- few --></range>
      <host mac="52:54:00:AA:00:01" name="a" ip="10.0.0.11" odd="1"/>
      <host mac="52:54:00:aa:00:02" ip="10.0.0.12">
        <lease expiry="5"/>
      </host>
      <bootp file="pxe"/>
    </dhcp>
    <future/>
  </ip>
  <name>lab</name>
  <uuid>6d3e0c5c-8f0b-4f5a-9c6b-0e9d2c6f0a11</uuid>
  <metadata>
    <x:y xmlns:x="urn:x" xmlns="urn:unused"/>
  </metadata>
  <ip family="ipv6" address="fd00::1" prefix="64">
    <dhcp>
      <host id="0:3:0:1:52:54:0:aa:0:3" name="c" ip="fd00::13"/>
    </dhcp>
  </ip>
  <route address="10.9.0.0" netmask="255.255.0.0" gateway="10.0.0.11" future="1"/>
  <!-- far -->
  <route family="ipv6" address="fd09::" prefix="48" gateway="fd00::13" metric="7"/>
  <bridge name="virbr7" stp="on" delay="0" future="1"/>
  <forward mode="nat" dev="eth0">
    <nat ipv6="yes">
      <port start="1024" end="65535"/>
    </nat>
    <interface dev="eth0"/>
  </forward>
  <mtu size="1400"/>
  <mac address="52:54:00:ff:00:01"/>
  <domain name="lab.test" localOnly="yes"/>
  <dns forwardPlainNames="no">
    <host ip="10.0.0.5">
      <hostname>nas</hostname>
      <!-- also -->
      <hostname>files</hostname>
    </host>
    <txt name="t" value="v"/>
    <forwarder addr="9.9.9.9"/>
    <srv service="ldap" protocol="tcp" domain="d" target="h" port="389" priority="1" weight="2"/>
    <srv service="sip" protocol="udp" future="1"/>
  </dns>
  <portgroup name="guests" default="yes" future="1">
    <bandwidth>
      <inbound average="1000" peak="2000"/>
    </bandwidth>
  </portgroup>
  <port isolated="yes"/>
  <bandwidth>
    <inbound average="5000"/>
  </bandwidth>
  <portgroup name="quiet"/>
  <dnsmasq:options>
    <dnsmasq:option value="cname=a1,a2,nas.lab.test,60"/>
    <dnsmasq:option value="log-queries"/>
    <dnsmasq:option value="dhcp-option=option:ntp-server,10.0.0.1"/>
  </dnsmasq:options>
</network>
<!-- behind -->"""
