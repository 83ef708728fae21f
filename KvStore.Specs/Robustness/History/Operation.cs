using System.Collections.Immutable;

namespace KvStore.Specs.Robustness.History;

internal enum OperationKind
{
    Get,
    Put,
    Patch,
    Delete,
    List,
}

/// <summary>What a client may conclude from the end of its request.</summary>
internal enum Outcome
{
    /// <summary>2xx: a write took effect, a read saw a value, a listing came to its end.</summary>
    Done,

    /// <summary>404: the key was absent. A read, also where the request was a DELETE.</summary>
    Absent,

    /// <summary>409, 412 or 304: the guard did not hold. A read of <see cref="Operation.Version"/>.</summary>
    GuardFailed,

    /// <summary>503 with <c>not-applied</c>, 429, or a connection that was refused: it had no effect and never will.</summary>
    NotApplied,

    /// <summary>
    /// A time-out, a broken connection, or 503 with <c>unknown</c>: a write takes effect at any time after its start, or never.
    /// Reads have no effect to be unsure of, and end as <see cref="NotApplied"/> instead.
    /// </summary>
    Unknown,

    /// <summary>An answer that the contract has not (a 500, a body that cannot be read): a violation by itself.</summary>
    Forbidden,
}

/// <summary>One request of one client, and what came of it.</summary>
internal sealed record Operation
{
    /// <summary>What an If-Match or If-None-Match of <c>*</c> is written as.</summary>
    public const long AnyVersion = -1;

    public required int Client { get; init; }

    /// <summary>The node that was asked.</summary>
    public required string Asked { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>The key, or the prefix of a listing.</summary>
    public required string Key { get; init; }

    /// <summary>The body that was sent. No two writes of a run send the same one.</summary>
    public string? Sent { get; init; }

    public long? IfVersion { get; init; }

    /// <summary>The version that the header If-Match names, or <see cref="AnyVersion"/>.</summary>
    public long? IfMatch { get; init; }

    /// <summary>The version that the header If-None-Match names, or <see cref="AnyVersion"/>.</summary>
    public long? IfNoneMatch { get; init; }

    /// <summary>Microseconds since the start of the run, before the first byte was sent.</summary>
    public required long Start { get; init; }

    /// <summary>Microseconds since the start of the run, after the last byte was read or the client gave up.</summary>
    public required long End { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>0 where there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>The version that the answer tells: of the value, of the tombstone, or the current one of a failed guard (0 = absent).</summary>
    public long? Version { get; init; }

    /// <summary>The value in the answer, as it stands there.</summary>
    public string? Value { get; init; }

    /// <summary><c>KvStore-Node</c>: who answered as the owner of the key.</summary>
    public string? Owner { get; init; }

    /// <summary>The problem document's <c>node</c>: who is said to have failed.</summary>
    public string? FailedNode { get; init; }

    /// <summary>Of a listing, in the order of its lines.</summary>
    public ImmutableArray<ListedKey> Lines { get; init; } = [];

    /// <summary>What was unusual, for people.</summary>
    public string? Note { get; init; }

    public bool IsWrite => Kind is OperationKind.Put or OperationKind.Patch or OperationKind.Delete;
}

/// <param name="Node">Null for a shard that nobody holds.</param>
internal sealed record ListedKey(string Key, string? Node, string? Value, long? Version);
