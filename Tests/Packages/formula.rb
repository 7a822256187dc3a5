# formula.rb FORMULA TREE PREFIX: installs the formula from the unpacked tarball, with as much of Homebrew as that takes.
require "fileutils"

Folder = Struct.new(:path) do
  def install(*names)
    FileUtils.mkdir_p(path)
    names.each { |name| FileUtils.cp_r(name, path, preserve: true) }
  end
end

class Formula
  def self.url(value) = (@urls ||= []) << value
  def self.urls = @urls
  %i[desc homepage version license depends_on sha256].each { |name| define_singleton_method(name) { |value| value } }
  %i[on_intel on_arm].each { |name| define_singleton_method(name) { |&block| block.call } }
  def self.test = nil
  def prefix = Folder.new(ARGV[2])
  def doc = Folder.new("#{ARGV[2]}/share/doc/dosai")
end

load File.expand_path(ARGV[0])
abort "two tarballs are expected" unless Dosai.urls.map { |url| url[/-(\w+)-linux-gnu\.tar\.gz$/, 1] } == %w[x86_64 aarch64]
Dir.chdir(ARGV[1]) { Dosai.new.install }
