# The release's tarball, since nixpkgs has no Swift that is new enough. The URL is that of your mirror, the hashes those
# of the release.
{
  description = "Chat completions: a small library with a C ABI, and a command-line tool";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      version = "0.1.0";
      hashes = {
        x86_64-linux = nixpkgs.lib.fakeHash;
        aarch64-linux = nixpkgs.lib.fakeHash;
      };
      build = system: hash:
        let pkgs = nixpkgs.legacyPackages.${system};
        in pkgs.stdenv.mkDerivation {
          pname = "dosai";
          inherit version;
          src = pkgs.fetchurl {
            url = "https://dos.ai/dist/libdosai-${version}-${system}-gnu.tar.gz";
            inherit hash;
          };
          nativeBuildInputs = [ pkgs.autoPatchelfHook ];
          installPhase = "mkdir $out; cp -R bin include lib share $out";
          meta = {
            homepage = "https://dos.ai";
            license = pkgs.lib.licenses.mit;
            mainProgram = "dosai";
            platforms = builtins.attrNames hashes;
          };
        };
    in {
      packages = builtins.mapAttrs (system: hash: { default = build system hash; }) hashes;
    };
}
