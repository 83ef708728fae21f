using BenchmarkDotNet.Attributes;
using KvStore.Messages.Keys;
using KvStore.Node.Keys;

namespace KvStore.Bench.Micro;

/// <summary>The committed state of a live key: what a read copies out of it, and what a commit copies into it.</summary>
public class CommittedBenchmarks
{
    private CommittedSlot _slot;
    private Committed _next;

    /// <summary>The last one is too long to be copied.</summary>
    [Params(32, CommittedSlot.MaxCopied, CommittedSlot.MaxCopied + 1)]
    public int ValueBytes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _next = new Committed(new KeyState(Samples.Version, new JsonText(new byte[ValueBytes])), 1);
        _slot.Write(_next);
    }

    [Benchmark]
    public Committed Read() => _slot.TryRead(out var committed) ? committed : throw new InvalidOperationException("Nothing to read.");

    [Benchmark]
    public void Commit() => _slot.Write(_next);
}
