using KvStore.Bench.Support;

namespace KvStore.Bench.Peers;

/// <summary>A running server, or several that make one.</summary>
internal abstract class Peer(PeerPlan plan) : IAsyncDisposable
{
    public PeerPlan Plan => plan;

    /// <summary>Where clients may ask; load is spread over all.</summary>
    public abstract IReadOnlyList<Uri> Addresses { get; }

    public abstract Dialect Dialect { get; }

    /// <summary>Processes whose work is the peer's, a database server included; their descendants are counted too.</summary>
    public abstract IReadOnlyList<int> Workers { get; }

    /// <summary>Processes whose memory is the peer's. Not PostgreSQL's: its backends share most of theirs.</summary>
    public abstract IReadOnlyList<int> Holders { get; }

    /// <summary>So many, from 0 on, were asked for at least once, and so are live.</summary>
    public long TouchedKeys { get; set; }

    public double CpuSeconds() => ProcessUsage.CpuSeconds(Workers);

    /// <summary>CPU seconds of .NET's threads that compile in the background; 0 of other programs.</summary>
    public double CompilerSeconds() => Holders.Sum(ProcessUsage.CompilerSeconds);

    /// <summary>Lets <see cref="PeakMebibytes"/> begin anew.</summary>
    public void ForgetPeak()
    {
        foreach (var id in Holders)
        {
            ProcessUsage.ForgetPeak(id);
        }
    }

    public double PeakMebibytes() => Holders.Sum(id => ProcessUsage.PeakBytes(id)) / 1024.0 / 1024.0;

    public abstract ValueTask DisposeAsync();
}
