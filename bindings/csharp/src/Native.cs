using System;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Dosai
{
    /// <summary>Of the library: freed once, and not while a call uses it.</summary>
    internal abstract class Handle : SafeHandle
    {
        protected Handle() : base(IntPtr.Zero, true) { }
        public override bool IsInvalid => handle == IntPtr.Zero;
    }

    /// <summary>The library's functions. No function of ours is ever given to it.</summary>
    internal static unsafe partial class Native
    {
        const string Library = "libdosai.so.0"; // beside the assembly, or where the system's loader looks

        static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        static Native()
        {
            int number = dosai_version_number();
            if (number < VersionNumber || number / 10000 != VersionNumber / 10000)
                throw new DllNotFoundException("dosai: the library has the version " + number + ", and this assembly needs " + VersionNumber + " or newer");
        }

        [DllImport("libc")] internal static extern int poll(PollEntry* entries, UIntPtr count, int timeout);

        internal struct PollEntry { internal int fd; internal short events, revents; }

        /// <summary>In UTF-8, with a NUL at the end.</summary>
        internal static byte[] Bytes(string text, string name)
        {
            if (text == null) throw new ArgumentNullException(name);
            try
            {
                var bytes = new byte[Strict.GetByteCount(text) + 1];
                Strict.GetBytes(text, 0, text.Length, bytes, 0);
                return bytes;
            }
            catch (EncoderFallbackException error) { throw new ArgumentException("dosai: a text has half of a surrogate pair", name, error); }
        }

        /// <summary>With U+FFFD for half of a surrogate pair.</summary>
        internal static string Repaired(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

        internal static IntPtr Length(byte[] bytes) => (IntPtr)(bytes.Length - 1);

        /// <summary>A text without a length.</summary>
        internal static byte[] Word(string text, string name)
        {
            if (text != null && text.IndexOf('\0') >= 0) throw new ArgumentException("dosai: a text has a NUL in it", name);
            return Bytes(text, name);
        }

        internal static string Text(byte* text, IntPtr length) => text == null ? null : Text(text, (int)length);

        /// <summary>A text of a handle, which must not be garbage before it is copied: the call itself keeps it no longer.</summary>
        internal static string Text(SafeHandle owner, byte* text, IntPtr length)
        {
            string made = Text(text, length);
            GC.KeepAlive(owner);
            return made;
        }

        /// <summary>Most texts are ASCII, which needs no decoder.</summary>
        internal static string Text(byte* text, int length)
        {
            if (length == 0) return "";
            string made = new string('\0', length);
            fixed (char* first = made)
            {
                int at = 0;
                for (; BitConverter.IsLittleEndian && at + 8 <= length; at += 8)
                {
                    ulong eight = *(ulong*)(text + at);
                    if ((eight & 0x8080808080808080) != 0) return Encoding.UTF8.GetString(text, length);
                    *(ulong*)(first + at) = Spread(eight & 0xffffffff);
                    *(ulong*)(first + at + 4) = Spread(eight >> 32);
                }
                for (; at < length; at++)
                {
                    if (text[at] > 127) return Encoding.UTF8.GetString(text, length);
                    first[at] = (char)text[at];
                }
            }
            return made;
        }

        /// <summary>Four bytes as four characters.</summary>
        static ulong Spread(ulong four)
        {
            four = (four | four << 16) & 0x0000ffff0000ffff;
            return (four | four << 8) & 0x00ff00ff00ff00ff;
        }

        internal static byte[] Copy(byte* text, IntPtr length)
        {
            if (text == null) return null;
            var bytes = new byte[(int)length];
            fixed (byte* to = bytes) Buffer.MemoryCopy(text, to, bytes.Length, bytes.Length);
            return bytes;
        }

        internal static byte[] Copy(SafeHandle owner, byte* text, IntPtr length)
        {
            byte[] made = Copy(text, length);
            GC.KeepAlive(owner);
            return made;
        }

        internal static long? Known(long number) => number < 0 ? (long?)null : number;
        internal static TimeSpan? Microseconds(long number) => number < 0 ? (TimeSpan?)null : Ticks(number, 10);
        internal static TimeSpan Milliseconds(long number) => Ticks(number, TimeSpan.TicksPerMillisecond);
        static TimeSpan Ticks(long number, long each) => number > long.MaxValue / each ? TimeSpan.MaxValue : TimeSpan.FromTicks(number * each);

        internal static void Check(int status, ErrorHandle error, CancellationToken token = default(CancellationToken))
        {
            if (status != 0) throw new Error((Status)status, error).ToException(token);
        }
    }
}
