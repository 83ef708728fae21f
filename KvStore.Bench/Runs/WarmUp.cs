using System.Collections.Immutable;

namespace KvStore.Bench.Runs;

/// <summary>
/// When a peer is warm: when it gets no faster. How long that takes depends on the machine. What .NET runs often is compiled twice
/// again, in the background, on the cores that are under load meanwhile: three nodes on two cores need most of a minute for what one
/// node has done in a quarter of that.
/// </summary>
internal static class WarmUp
{
    public const int MostTurns = 12;

    /// <summary>Also for who may have no more, as each turn changes what is measured.</summary>
    public const int LeastTurns = Steady + 1;

    /// <summary>
    /// So many turns in a row must be no faster than those before. One or two may be slow for another reason: while there is most to
    /// compile, requests get no faster either.
    /// </summary>
    private const int Steady = 3;

    /// <summary>What counts as faster; less than that is noise.</summary>
    private const double Gain = 1.03;

    /// <param name="perSecond">What each turn gave, in order.</param>
    public static bool IsOver(ImmutableArray<double> perSecond) =>
        perSecond.Length >= MostTurns
        || (perSecond.Length >= LeastTurns && perSecond[^Steady..].Max() <= Gain * perSecond[..^Steady].Max());

    /// <summary>Has turns until the peer is warm.</summary>
    /// <param name="turn">Loads the peer for a while, and gives requests a second; gets its number, from 1 on.</param>
    public static async Task RunAsync(Func<int, Task<double>> turn, int mostTurns = MostTurns)
    {
        var perSecond = ImmutableArray<double>.Empty;
        while (!IsOver(perSecond) && perSecond.Length < mostTurns)
        {
            perSecond = perSecond.Add(await turn(perSecond.Length + 1));
        }
    }
}
