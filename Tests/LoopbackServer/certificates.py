"""A throwaway authority with certificates for localhost, for another host, and for a client."""
import os, ssl, subprocess, warnings

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
PASSWORD = "secret"


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def leaf(folder, name, extension, password=None):
    lock = ["-passout", "pass:" + password] if password else ["-nodes"]
    openssl(folder, "req", *NEW_KEY, *lock, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
    with open(os.path.join(folder, name + ".ext"), "w") as file:
        file.write(extension + "\n")
    openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", name + ".ext", "-out", name + ".pem")


def authority(folder, name, subject, *more):
    openssl(folder, "req", "-x509", *NEW_KEY, "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-days", "2",
            "-subj", "/CN=" + subject, *more)


def make(folder):
    authority(folder, "ca", "dosai test authority")
    authority(folder, "self", "localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    leaf(folder, "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    leaf(folder, "other", "subjectAltName=DNS:other.test")
    leaf(folder, "client", "extendedKeyUsage=clientAuth", PASSWORD)
    path = lambda name: os.path.join(folder, name)
    return {"folder": folder, "ca": path("ca.pem"), "client_certificate": path("client.pem"),
            "client_key": path("client.key")}


def context(files, name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(os.path.join(files["folder"], name + ".pem"), os.path.join(files["folder"], name + ".key"))
    made.load_verify_locations(files["ca"])
    made.verify_mode = ssl.CERT_OPTIONAL
    return made


def old_context(files, name):
    """TLS 1.1, which OpenSSL has to be talked into."""
    made = context(files, name)
    made.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version, made.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return made


def common_name(sock):
    certificate = sock.getpeercert() or {}
    return next((value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"), None)
