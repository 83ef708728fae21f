using System.Collections.Immutable;

namespace KvStore.Http.Telemetry;

/// <summary>
/// How many requests about keys this node's edge answered, by how long each took, and how many are under way. Counted since the
/// start; who wants a rate looks twice. Safe for all threads.
/// </summary>
public sealed class RequestLoad
{
    /// <summary>Upper bounds of the classes, in seconds. What took longer than the last is in a class of its own.</summary>
    public static readonly ImmutableArray<double> BoundsSeconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly long[] _counts = new long[BoundsSeconds.Length + 1];
    private int _active;

    /// <summary>Requests that are under way.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Requests by class, one more than there are bounds. Not a snapshot: requests go on ending while it is read.</summary>
    public ImmutableArray<long> Counts
    {
        get
        {
            var counts = ImmutableArray.CreateBuilder<long>(_counts.Length);
            for (var i = 0; i < _counts.Length; i++)
            {
                counts.Add(Interlocked.Read(ref _counts[i]));
            }

            return counts.MoveToImmutable();
        }
    }

    internal void Begun() => Interlocked.Increment(ref _active);

    internal void Ended(double seconds)
    {
        Interlocked.Decrement(ref _active);
        Interlocked.Increment(ref _counts[ClassOf(seconds)]);
    }

    /// <summary>The first class whose bound is not below.</summary>
    internal static int ClassOf(double seconds)
    {
        var found = BoundsSeconds.AsSpan().BinarySearch(seconds);
        return found < 0 ? ~found : found;
    }
}
