namespace KvStore.Specs.OwnershipModel;

/// <summary>What may happen in a run, beside what always may: ticks, renewals, takeovers, loads, writes and reads.</summary>
[Flags]
internal enum Happenings
{
    None = 0,

    /// <summary>Shards that are not used are given back.</summary>
    Releases = 1 << 0,

    /// <summary>A transaction's outcome may be unknown, and it may land later; so there are settles.</summary>
    Unknowns = 1 << 1,

    /// <summary>A transaction may fail for certain.</summary>
    Failures = 1 << 2,

    /// <summary>Answers and messages of leases may be lost, and an acquisition that was given up may still be executed.</summary>
    Losses = 1 << 3,

    /// <summary>A key's actor may crash with a row under way.</summary>
    Crashes = 1 << 4,

    /// <summary>One process may be killed; its successor has another node id.</summary>
    Restart = 1 << 5,

    /// <summary>A node may be downed or leave: it drops its shards, and then takes its row out of the store.</summary>
    Leaving = 1 << 6,

    /// <summary>A write may come while another one of the same key is under way.</summary>
    Coalescing = 1 << 7,

    /// <summary>Guarded writes, whose refusals are reads.</summary>
    Guards = 1 << 8,

    /// <summary>A node may drop all its shards at any time and go on: its row was gone, or the server was refused.</summary>
    DropAll = 1 << 9,

    /// <summary>Transactions run statement by statement, with the locks of the engine, and not in one step.</summary>
    Statements = 1 << 10,
}

/// <summary>The bounds of a search. Within them every interleaving is tried; delays have no bound.</summary>
/// <param name="Ttl">Ticks for which a renewal is valid, 1 or 2. A taker waits as many by its own count.</param>
/// <param name="Epochs">No acquisition or settle goes beyond this epoch, 7 at most.</param>
/// <param name="Writes">How many writes are asked for, 3 at most.</param>
internal sealed record ModelConfiguration(string Name, Happenings May, int Ttl = 1, int Epochs = 2, int Writes = 1)
{
    /// <summary>The rules that are in force: all, unless a spec drops some.</summary>
    public RuleSet Rules { get; init; } = RuleSet.All;

    public Violations WatchedFor { get; init; } = Violations.All;

    public bool Allows(Happenings happening) => (May & happening) != 0;

    public ModelConfiguration Without(params ReadOnlySpan<Rule> dropped) => this with
    {
        Name = $"{Name}, without {string.Join(", ", dropped.ToArray())}",
        Rules = Rules.Without(dropped),
    };
}

/// <summary>What must never be seen.</summary>
[Flags]
internal enum Violations
{
    None = 0,

    /// <summary>A read gave a version that is older than one that an answer told of before the read was asked for.</summary>
    StaleRead = 1 << 0,

    /// <summary>The same of a refused guard: 409, 412, 404.</summary>
    StaleGuard = 1 << 1,

    /// <summary>A refused guard told of a version that the store does not have.</summary>
    UncommittedGuard = 1 << 2,

    /// <summary>The store has an older version than one that was told of.</summary>
    LostWrite = 1 << 3,

    /// <summary>A write is acknowledged, and its version in the store is another write's or nobody's.</summary>
    FalseApplied = 1 << 4,

    /// <summary>A write that was told to be not applied is in the store.</summary>
    FalseNotApplied = 1 << 5,

    /// <summary>One version has stood for two writes.</summary>
    VersionReused = 1 << 6,

    /// <summary>A node may answer from its cell, nothing of the key is in its writer, and the store has another version.</summary>
    MemoryIsNotStore = 1 << 7,

    All = (1 << 8) - 1,
}
