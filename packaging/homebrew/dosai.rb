# The release's tarball for Linux, since Homebrew's Swift is not what this needs. The URL is that of your mirror; the
# checksums are in the release's SHA256SUMS.
class Dosai < Formula
  desc "Chat completions: a small library with a C ABI, and a command-line tool"
  homepage "https://dos.ai"
  version "0.1.0"
  license "MIT"
  depends_on :linux

  on_intel do
    url "https://dos.ai/dist/libdosai-0.1.0-x86_64-linux-gnu.tar.gz"
    sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  end
  on_arm do
    url "https://dos.ai/dist/libdosai-0.1.0-aarch64-linux-gnu.tar.gz"
    sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  end

  def install
    prefix.install "bin", "include", "lib", "share"
    doc.install "licenses.txt", "sbom.spdx.json"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/dosai --version")
  end
end
