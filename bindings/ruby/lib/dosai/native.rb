require "fiddle"

module Dosai
  # The library's functions, without their prefix. None of those that are called waits, so they keep Ruby's lock: what a
  # call waits for is Ruby's own wait for a descriptor.
  module Native # :nodoc:
    NAME = "libdosai.so.0"
    TYPES = {"v" => Fiddle::TYPE_VOID, "i" => Fiddle::TYPE_INT32_T, "I" => -Fiddle::TYPE_INT32_T, "q" => Fiddle::TYPE_INT64_T,
             "d" => Fiddle::TYPE_DOUBLE, "j" => Fiddle::TYPE_UINTPTR_T, "s" => Fiddle::TYPE_VOIDP}.freeze
    MEMORY = Fiddle::Pointer.new(1) # all of it: MEMORY[address - 1, length]

    def self.load
      built = File.expand_path("../../../../build/lib/#{NAME}", __dir__)
      path = ENV["DOSAI_LIBRARY"] || (File.exist?(built) ? built : NAME)
      Fiddle.dlopen(path)
    rescue Fiddle::DLError => error
      raise LoadError, "dosai: cannot load its library: #{error.message}. Set DOSAI_LIBRARY to the path of #{NAME}."
    end

    LIBRARY = load
    CALLS = FUNCTIONS.to_h do |name, signature|
      result, arguments = signature.split(" ")
      types = arguments.to_s.chars.map { |letter| TYPES.fetch(letter) }
      [name, Fiddle::Function.new(LIBRARY["dosai_#{name}"], types, TYPES.fetch(result), need_gvl: true)]
    rescue Fiddle::DLError
      raise LoadError, "dosai: its library has no dosai_#{name}: it is not the library of this package"
    end.freeze
    CALLS.each_key do |name|
      list = (1..CALLS[name].instance_variable_get(:@argument_types).size).map { |at| "a#{at}" }.join(", ")
      module_eval "CALL_#{name.upcase} = CALLS[:#{name}]\ndef self.#{name}(#{list}) = CALL_#{name.upcase}.call(#{list})", __FILE__, __LINE__
    end
    number = version_number
    if number < VERSION_NUMBER || number / 10_000 != VERSION_NUMBER / 10_000
      raise LoadError, "dosai: its library has the version #{number}, and this package needs #{VERSION_NUMBER} or newer"
    end

    module_function

    # What Thread#raise and Timeout must not tear apart.
    def whole(&block) = Thread.handle_interrupt(Object => :never, &block)

    def memory(size)
      made = Fiddle::Pointer.malloc(size, Fiddle::RUBY_FREE)
      made[0, size] = "\0" * size
      made
    end

    def text(address, length)
      address.zero? ? nil : MEMORY[address - 1, length].force_encoding(Encoding::UTF_8)
    end

    # How to read some fields of a struct, in their order: what to add to its address for MEMORY, the length, the format.
    def part(name, *wanted)
      _, format, names = STRUCTS.fetch(name)
      sizes = {"x" => 1, "l" => 4, "L" => 4, "J" => 8, "q" => 8}
      names, at, first, made = names.dup, 0, nil, +""
      format.each_char do |letter|
        is_wanted = letter != "x" && wanted.include?(names.shift)
        first ||= at if is_wanted
        made << (is_wanted ? letter : "x" * sizes.fetch(letter)) if first
        at += sizes.fetch(letter)
      end
      made = made.sub(/x+\z/, "").gsub(/x+/) { |gap| "x#{gap.size}" }
      [first - 1, ([0] * wanted.size).pack(made).bytesize, made.freeze]
    end

    # The text that a getter gives.
    def ask(getter, *arguments)
      length = memory(8)
      text(public_send(getter, *arguments, length.to_i), length[0, 8].unpack1("J"))
    end

    # A text that ends with NUL.
    def c_text(value)
      value = value.to_s
      raise ArgumentError, "dosai: a text has a NUL in it" if value.b.include?("\0")
      Fiddle::Pointer[value.b + "\0"]
    end

    # Calls what makes a handle, which is freed when it is garbage.
    def make(kind, function, *arguments)
      out = memory(16)
      whole do
        status = public_send(function, *arguments, out.to_i, out.to_i + 8)
        handle, error = out[0, 16].unpack("JJ")
        raise Error.taken(status, error) unless status.zero?
        own(kind, handle)
      end
    end

    def own(kind, handle) = Fiddle::Pointer.new(handle, 0, CALLS.fetch(:"#{kind}_free"))

    # A struct that a getter fills in, as a hash.
    def filled(name, getter, *arguments)
      size, format, names = STRUCTS.fetch(name)
      struct = memory(size)
      struct[0, size] = [size, *[-1] * (names.size - 1)].pack(format)
      public_send(getter, *arguments, struct.to_i)
      names.zip(struct[0, size].unpack(format)).to_h
    end

    # Fields that are no options: the sizes that the binding itself tells, and the functions that it lacks.
    NO_OPTION = /\A(struct_size|reserved|on_.*)\z|_(fn|user_data|count|length)\z/

    # A struct of options. Times are in seconds; nil is the default.
    def options(name, values)
      size, format, names = STRUCTS.fetch(name)
      struct, kept = memory(size), []
      public_send(:"#{name}_init", struct.to_i, size)
      fields = names.zip(struct[0, size].unpack(format)).to_h
      letters = names.zip(format.delete("x").chars).to_h
      values.compact.each { |key, value| set(fields, letters, key, value, kept) }
      struct[0, size] = packed = fields.values.pack(format)
      wrong = fields.find { |key, value| packed.unpack(format)[names.index(key)] != value }
      raise ArgumentError, "dosai: #{wrong[0]} is out of range" if wrong
      struct.instance_variable_set(:@kept, kept)
      struct
    rescue FloatDomainError => error
      raise ArgumentError, "dosai: an option is out of range: #{error.message}"
    end

    # Anything but a text must not become the address of one.
    def set(fields, letters, key, value, kept)
      name = fields.key?(key) ? key : :"#{key}_ms"
      raise ArgumentError, "dosai: unknown option: #{key}" if !fields.key?(name) || NO_OPTION.match?(name)
      fields[name] =
        case [%i[headers cancel].include?(name) ? name : letters[name], value]
        in ["l", true | false] then value ? 1 : 0
        in ["l" | "q", Numeric] then name == key ? value : (value.negative? ? -1 : (value * 1000).ceil)
        in [:headers, Hash | Array] then list(fields, value.map { |line| line.is_a?(Array) ? line.join(": ") : line }, kept)
        in [:cancel, Cancel] then kept.push(value.handle).last.to_i
        in ["J", _] unless [Numeric, true, false, Hash, Array, Proc, Cancel].any? { |one| one === value }
          kept.push(c_text(value)).last.to_i
        else raise ArgumentError, "dosai: #{key} is of a wrong type: #{value.class}"
        end
      fields[:ca_pem_length] = value.to_s.bytesize if key == :ca_pem
    end

    def list(fields, lines, kept)
      kept.concat(lines.map { |line| c_text(line) })
      fields[:header_count] = lines.size
      kept.push(Fiddle::Pointer[kept.last(lines.size).map(&:to_i).pack("J*")]).last.to_i
    end
  end
end
