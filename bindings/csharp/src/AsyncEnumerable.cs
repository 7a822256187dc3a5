// .NET Standard 2.0 and .NET Framework do not have these interfaces.
#if NETSTANDARD2_1_OR_GREATER || NETCOREAPP3_0_OR_GREATER
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Dosai
{
    public sealed partial class ChatReader : IAsyncEnumerable<Chunk>, IAsyncEnumerator<Chunk>
    {
        IAsyncEnumerator<Chunk> IAsyncEnumerable<Chunk>.GetAsyncEnumerator(CancellationToken cancellationToken) => GetAsyncEnumerator(cancellationToken);

        ValueTask<bool> IAsyncEnumerator<Chunk>.MoveNextAsync() => new ValueTask<bool>(MoveNextAsync());

        ValueTask IAsyncDisposable.DisposeAsync() => new ValueTask(DisposeAsync());
    }
}
#endif
