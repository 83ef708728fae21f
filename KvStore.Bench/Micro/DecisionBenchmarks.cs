using BenchmarkDotNet.Attributes;
using KvStore.Node.Keys;

namespace KvStore.Bench.Micro;

/// <summary>Step 6 of a request's path: what a request leads to.</summary>
public class DecisionBenchmarks
{
    private readonly KeyDecisions _decisions = new(Samples.Node, Samples.MaxValueBytes);
    private readonly KeyState _state = new(Samples.Version, Samples.Value);

    [Benchmark]
    public Decision Get() => _decisions.Decide(_state, Samples.Get);

    [Benchmark]
    public Decision Put() => _decisions.Decide(_state, Samples.Put);

    [Benchmark]
    public Decision GuardedPut() => _decisions.Decide(_state, Samples.GuardedPut);

    [Benchmark]
    public Decision Patch() => _decisions.Decide(_state, Samples.Patch);
}
