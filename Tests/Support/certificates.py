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


def dated(folder, name, start, end):
    """A good certificate for localhost, but for its dates."""
    with open(os.path.join(folder, name + ".conf"), "w") as file:
        file.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s.index\nserial=%s.serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"
                   "[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n" % (name, name))
    for suffix, text in (("index", ""), ("serial", "0%d\n" % (1 + (name == "future")))):
        with open(os.path.join(folder, "%s.%s" % (name, suffix)), "w") as file:
            file.write(text)
    openssl(folder, "req", *NEW_KEY, "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=localhost")
    openssl(folder, "ca", "-batch", "-config", name + ".conf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr",
            "-out", name + ".pem", "-startdate", start, "-enddate", end, "-extensions", "e", "-notext")


def make(folder):
    authority(folder, "ca", "dosai test authority")
    authority(folder, "self", "localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    leaf(folder, "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:*.network.test")
    leaf(folder, "other", "subjectAltName=DNS:other.test")
    dated(folder, "past", "20200101000000Z", "20200201000000Z")
    dated(folder, "future", "20990101000000Z", "20990201000000Z")
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


def one_version(files, name, version):
    made = context(files, name)
    made.minimum_version = made.maximum_version = version
    return made


def strict_context(files, name):
    """It wants a client's certificate."""
    made = context(files, name)
    made.verify_mode = ssl.CERT_REQUIRED
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
