Gem::Specification.new do |gem|
  gem.name = "dosai"
  gem.version = "0.1.0"
  gem.summary = "Chat completions on libdosai: streams, cancelling, tools, honest errors"
  gem.authors = ["The authors of libdosai"]
  gem.license = "MIT"
  gem.required_ruby_version = ">= 3.1"
  gem.files = Dir["lib/**/*.rb", "README.md", "examples/*.rb"]
  gem.requirements = ["libdosai.so.0"]
end
