using KvStore.Messages.Keys;

namespace KvStore.Http;

/// <summary>What the HTTP edge may be told. The host binds it to <c>KvStore:Limits</c>, but for the node's name.</summary>
public sealed class EdgeOptions
{
    public static readonly TimeSpan MinRequestTimeout = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan MaxRequestTimeout = TimeSpan.FromMinutes(5);

    /// <summary>This node's name, as problem documents and <c>KvStore-Node</c> give it. Must be safe in a header.</summary>
    public string NodeName { get; set; } = Environment.MachineName;

    /// <summary>
    /// How long one request about a key, or one page of a listing, may take (100 ms to 5 min). Too short and requests are
    /// refused whenever a shard moves; too long and callers pile up behind a store that is gone.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest body that PUT and PATCH accept, in bytes as sent. More is answered 413 and never buffered.</summary>
    public int MaxValueBytes { get; set; } = 1024 * 1024;

    /// <summary>Deepest nesting of a JSON text. Whoever reads a value pays for its depth with stack.</summary>
    public int MaxJsonDepth { get; set; } = 128;

    /// <summary>The largest <c>limit</c> of a listing, in keys. A listing without one is not bounded.</summary>
    public int MaxListLimit { get; set; } = Limits.MaxListLimit;

    /// <summary>Every setting that is out of its bounds, by its name in the configuration; nothing where all is well.</summary>
    public IEnumerable<string> Faults()
    {
        if (RequestTimeout < MinRequestTimeout || RequestTimeout > MaxRequestTimeout)
        {
            yield return $"KvStore:Limits:RequestTimeout is {RequestTimeout}, and must be from {MinRequestTimeout} to {MaxRequestTimeout}.";
        }

        if (MaxValueBytes is < 1 or > Limits.MaxConfigurableValueBytes)
        {
            yield return OutOfBounds(nameof(MaxValueBytes), MaxValueBytes, Limits.MaxConfigurableValueBytes);
        }

        if (MaxJsonDepth is < 1 or > Limits.MaxConfigurableJsonDepth)
        {
            yield return OutOfBounds(nameof(MaxJsonDepth), MaxJsonDepth, Limits.MaxConfigurableJsonDepth);
        }

        if (MaxListLimit is < 1 or > Limits.MaxListLimit)
        {
            yield return OutOfBounds(nameof(MaxListLimit), MaxListLimit, Limits.MaxListLimit);
        }
    }

    private static string OutOfBounds(string setting, int value, int max) =>
        $"KvStore:Limits:{setting} is {value}, and must be from 1 to {max}.";
}
