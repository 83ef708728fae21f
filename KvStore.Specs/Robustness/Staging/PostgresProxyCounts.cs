using System.Globalization;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>What went through a proxy, and what was done to it.</summary>
internal sealed class PostgresProxyCounts
{
    private readonly long[] _works = new long[Enum.GetValues<PostgresWork>().Length];
    private long _cuts;
    private long _holds;
    private long _swallows;
    private long _delays;

    public long Cuts => Volatile.Read(ref _cuts);

    public long Holds => Volatile.Read(ref _holds);

    public long Swallows => Volatile.Read(ref _swallows);

    public long Delays => Volatile.Read(ref _delays);

    /// <summary>How many exchanges of that kind began.</summary>
    public long this[PostgresWork work] => Volatile.Read(ref _works[(int)work]);

    public void Began(PostgresWork work) => Interlocked.Increment(ref _works[(int)work]);

    public void Did(PostgresProxyAction action)
    {
        switch (action)
        {
            case PostgresProxyAction.Cut:
                Interlocked.Increment(ref _cuts);
                break;
            case PostgresProxyAction.Hold:
                Interlocked.Increment(ref _holds);
                break;
            case PostgresProxyAction.Swallow:
                Interlocked.Increment(ref _swallows);
                break;
            case PostgresProxyAction.Delay:
                Interlocked.Increment(ref _delays);
                break;
        }
    }

    /// <summary>One line for a report.</summary>
    public override string ToString()
    {
        var works = Enum.GetValues<PostgresWork>().Where(work => this[work] > 0)
            .Select(work => string.Create(CultureInfo.InvariantCulture, $"{work} {this[work]}"));
        return string.Create(
            CultureInfo.InvariantCulture, $"{string.Join(", ", works)}; cut {Cuts}, held {Holds}, swallowed {Swallows}, delayed {Delays}");
    }
}
