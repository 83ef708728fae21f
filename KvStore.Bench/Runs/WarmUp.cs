using System.Collections.Immutable;

namespace KvStore.Bench.Runs;

/// <summary>
/// When a peer is warm: when it gets no faster, and hardly compiles any more. How long that takes depends on the machine. What .NET runs
/// often is compiled twice again, in the background, on the cores that are under load meanwhile: three nodes on two cores need a minute
/// or two for what one node has done in a quarter of that, and while there is most to compile, requests get no faster either.
/// </summary>
internal static class WarmUp
{
    public const int MostTurns = 24;

    /// <summary>Also for who may have no more, as each turn changes what is measured.</summary>
    public const int LeastTurns = Steady + 1;

    /// <summary>So many turns in a row must be no faster than those before. One or two may be slow for another reason.</summary>
    private const int Steady = 3;

    /// <summary>What counts as faster; less than that is noise.</summary>
    private const double Gain = 1.03;

    /// <summary>Of a core; less than that takes nothing from requests that could be seen.</summary>
    private const double HardlyAny = 0.03;

    /// <param name="turns">In order.</param>
    public static bool IsOver(ImmutableArray<Turn> turns) =>
        turns.Length >= MostTurns
        || (turns.Length >= LeastTurns
            && turns[^1].Compiling <= HardlyAny
            && turns[^Steady..].Max(turn => turn.PerSecond) <= Gain * turns[..^Steady].Max(turn => turn.PerSecond));

    /// <summary>Has turns until the peer is warm.</summary>
    /// <param name="turn">Gets its number, from 1 on.</param>
    public static async Task RunAsync(Func<int, Task<Turn>> turn, int mostTurns = MostTurns)
    {
        var turns = ImmutableArray<Turn>.Empty;
        while (!IsOver(turns) && turns.Length < mostTurns)
        {
            turns = turns.Add(await turn(turns.Length + 1));
        }
    }

    /// <param name="Compiling">Cores that compiled meanwhile.</param>
    public readonly record struct Turn(double PerSecond, double Compiling);
}
