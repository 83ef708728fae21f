using Akka.Actor;
using BenchmarkDotNet.Attributes;
using KvStore.Bench.Data;
using KvStore.Messages.Keys;
using KvStore.Messages.Routing;
using KvStore.Node.Config;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvStore.Bench.Micro;

/// <summary>Step 7 of a request's path: rows through the queue of the group commit and back, as they come from many keys at once.</summary>
public class WriterBenchmarks
{
    private const int Rows = 1_000;

    private readonly GroupCommitWriter _writer;
    private readonly RowWrite[] _writes;

    public WriterBenchmarks()
    {
        var leases = new LeaseTable(ShardMap.DefaultShards, TimeProvider.System);
        _writer = new GroupCommitWriter(new InstantStore(), leases, "micro", new StorageOptions(), NullLogger.Instance);
        _writes =
        [
            .. Enumerable.Range(0, Rows).Select(number => Key.Parse(BenchKeys.Of(number))).Select(key =>
                new RowWrite(key, ShardMap.ShardOf(key, ShardMap.DefaultShards), 1, Samples.Version, Samples.Version.Next, Samples.Value)),
        ];
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public async Task Row()
    {
        PendingRow? last = null;
        foreach (var write in _writes)
        {
            last = new PendingRow(write, ActorRefs.Nobody);
            if (!_writer.TryEnqueue(last))
            {
                throw new InvalidOperationException("The writer's queue is full.");
            }
        }

        await last!.WhenDone();
    }

    [GlobalCleanup]
    public Task EndAsync() => _writer.DisposeAsync().AsTask();
}
