namespace KvStore.Specs.OwnershipModel;

/// <summary>The configurations that are searched: small ones by every test run, large ones by a command.</summary>
internal static class OwnershipModelRuns
{
    private const Happenings Lossy = Happenings.Releases | Happenings.Losses;
    private const Happenings Unsure = Happenings.Unknowns | Happenings.Crashes;
    private const Happenings Busy = Happenings.Guards | Happenings.Failures | Happenings.Coalescing;

    /// <summary>Each is exhausted within seconds, and all parts of the protocol are in one of them.</summary>
    public static readonly IReadOnlyList<ModelConfiguration> Small =
    [
        new("takeovers, statement by statement", Happenings.Statements),
        new("releases and lost messages", Lossy),
        new("a process killed and restarted", Happenings.Restart),
        new("the end of a membership", Happenings.Leaving),
        new("all dropped", Happenings.DropAll | Happenings.Releases),
        new("unknown outcomes, crashes, lost messages", Unsure | Happenings.Losses),
        new("unknown outcomes, statement by statement", Happenings.Unknowns | Happenings.Statements),
        new("guards, failures, two writes", Busy, Writes: 2),
    ];

    /// <summary>What takes minutes and gigabytes (about 60 bytes a state).</summary>
    public static readonly IReadOnlyList<ModelConfiguration> Large =
    [
        new("takeovers, three epochs", Happenings.None, Epochs: 3),
        new("takeovers, TTL of two ticks", Happenings.None, Ttl: 2),
        new("releases, lost messages, three epochs", Lossy, Epochs: 3),
        new("unknown outcomes and releases", Lossy | Unsure),
        new("unknown outcomes, guards, two writes", Unsure | Busy, Writes: 2),
        new("unknown outcomes, a restart", Unsure | Happenings.Restart),
        new("restart, releases, lost messages", Lossy | Happenings.Restart),
        new("the end of a membership, unknown outcomes", Unsure | Happenings.Leaving),
        new("statement by statement, releases, TTL of two ticks", Happenings.Statements | Happenings.Releases, Ttl: 2),
        new("unknown outcomes, three epochs", Unsure | Happenings.Losses, Epochs: 3),
        new("unknown outcomes, releases, three epochs, two writes", Unsure | Happenings.Releases, Epochs: 3, Writes: 2),
        new("everything but statements", Happenings.Statements - 1, Writes: 2),
    ];

    /// <summary>Searches everything, the large configurations up to a limit, and prints a line for each.</summary>
    /// <param name="mostStates">A search gives up beyond this, which is no failure for a large configuration.</param>
    /// <returns>How many results were not the expected ones.</returns>
    public static int Run(TextWriter output, int mostStates, CancellationToken cancellation = default)
    {
        var surprises = 0;
        foreach (var configuration in Small)
        {
            surprises += Report(output, new ModelSearch(configuration).Run(int.MaxValue, cancellation), Violations.None, mustEnd: true);
        }

        foreach (var dropped in RuleDropped.Alone.Concat(RuleDropped.Unnoticed).Concat(RuleDropped.Together))
        {
            surprises += Report(output, new ModelSearch(dropped.Configuration).Run(int.MaxValue, cancellation), dropped.Expected, mustEnd: true);
        }

        foreach (var configuration in Large)
        {
            surprises += Report(output, new ModelSearch(configuration).Run(mostStates, cancellation), Violations.None, mustEnd: false);
        }

        output.WriteLine(surprises == 0 ? "All as expected." : $"{surprises} results are not the expected ones.");
        return surprises;
    }

    private static int Report(TextWriter output, SearchResult result, Violations expected, bool mustEnd)
    {
        var isExpected = result.Found == expected && (expected != Violations.None || result.IsExhausted || !mustEnd);
        output.WriteLine($"{(isExpected ? "ok  " : "BAD ")} {result}");
        foreach (var line in result.Trace)
        {
            output.WriteLine($"       {line}");
        }

        output.Flush();
        return isExpected ? 0 : 1;
    }
}
