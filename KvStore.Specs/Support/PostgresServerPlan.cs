using System.Collections.Immutable;

namespace KvStore.Specs.Support;

/// <summary>What a server of our own is started with.</summary>
internal sealed record PostgresServerPlan
{
    /// <summary>Such as <c>fsync=off</c>. Durability is on unless switched off here.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Where it listens beside the loopback.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Clients of this network are let in beside those of the loopback, such as <c>198.18.7.0/24</c>.</summary>
    public string? Network { get; init; }

    /// <summary>Of the server only, not of the programs that prepare it.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Where all that it writes goes. Null: memory keeps the last lines.</summary>
    public NodeProcessLogFile? LogFile { get; init; }
}
