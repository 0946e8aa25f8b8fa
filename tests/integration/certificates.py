"""Certificates for the scripted web server, made anew for each run of the tests."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = datetime.timedelta(days=1)


def common_name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


class Authority:
    """A certificate authority; its certificate is the file `path`."""

    def __init__(self, directory):
        self.directory = directory
        self.path = directory / "ca.pem"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = common_name("Test authority")
        certificate = self._sign(
            self.name, self.key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def pem(self, name, valid_days=(-1, 1)):
        """A file with a certificate for a host name or an address, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            subject = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            subject = x509.DNSName(name)
        certificate = self._sign(
            common_name(name), key.public_key(), x509.SubjectAlternativeName([subject]), valid_days)
        path = self.directory / f"{certificate.serial_number:x}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))
        return path

    def context(self, name, valid_days=(-1, 1)):
        """A TLS server's context with such a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem(name, valid_days))
        return context

    def _sign(self, subject, public_key, extension, valid_days=(-1, 1)):
        now = datetime.datetime.utcnow()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + valid_days[0] * DAY)
            .not_valid_after(now + valid_days[1] * DAY)
            .add_extension(extension, critical=False)
            .sign(self.key, hashes.SHA256()))
