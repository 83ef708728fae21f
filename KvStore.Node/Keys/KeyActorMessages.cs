using Akka.Actor;
using KvStore.Node.Storage;

namespace KvStore.Node.Keys;

// What a key actor hears besides commands, queries and the fate of its row. None of it leaves the process.

/// <summary>Ends a key actor once its row is through: for a hand-off, or after it asked to be passivated.</summary>
internal sealed record StopKey(bool ForHandOff) : INoSerializationVerificationNeeded
{
    public static readonly StopKey HandOff = new(true);
    public static readonly StopKey Passivated = new(false);
}

/// <summary>The budget wants this key to make room. It stays if it has work.</summary>
internal sealed record EvictKey : INoSerializationVerificationNeeded, INotInfluenceReceiveTimeout
{
    public static readonly EvictKey Instance = new();
}

/// <summary>Requests have been waiting for a while: answer those whose time is nearly up.</summary>
/// <param name="Within">Time that is left at most.</param>
internal sealed record CheckDeadlines(TimeSpan Within) : INoSerializationVerificationNeeded, INotInfluenceReceiveTimeout;

/// <summary>The end of a load.</summary>
/// <param name="Load">The token of the load that ended.</param>
/// <param name="Epoch">The epoch that was held when the load was sent; null where none was wanted or none was held.</param>
internal sealed record KeyLoaded(object Load, long? Epoch, LoadResult Result) : INoSerializationVerificationNeeded;

internal abstract record LoadResult
{
    /// <param name="Row">Null where the store has none.</param>
    internal sealed record Row(StoredRow? Stored) : LoadResult;

    internal sealed record Failed(Exception Cause) : LoadResult;

    /// <summary>The shard was lost before the load could be sent.</summary>
    internal sealed record NotHeld : LoadResult;
}
