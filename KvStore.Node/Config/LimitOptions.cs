using System.ComponentModel;

namespace KvStore.Node.Config;

/// <summary>Section <c>KvStore:Limits</c>.</summary>
public sealed class LimitOptions
{
    public const string Section = "KvStore:Limits";

    /// <summary>Longest time that a request may take before it is answered 503. A listing may take longer; each of its pages may not.</summary>
    [Description("Longest time that a request, or a page of a listing, may take.")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest value, in bytes as sent. The same on all nodes: the frame between them is sized by it.</summary>
    [Description("Largest value, in bytes as sent; the same on all nodes.")]
    public int MaxValueBytes { get; set; } = 1024 * 1024;

    /// <summary>Deepest nesting of a value.</summary>
    [Description("Deepest nesting of a value.")]
    public int MaxJsonDepth { get; set; } = 128;

    /// <summary>
    /// Key actors that may live on the node at a time. From four fifths of it on, the least recently used are passivated; at the
    /// bound keys that do not live yet wait for room. Each takes about 2 KiB and its value.
    /// </summary>
    [Description("Key actors that may live on the node; the least recently used make room.")]
    public int MaxLiveKeys { get; set; } = 100_000;

    /// <summary>A key that nobody asked for during this time is passivated.</summary>
    [Description("A key that nobody asked for during this time leaves memory.")]
    public TimeSpan KeyIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Requests that may wait on one key, for its load or its commit; above it they are answered 429.</summary>
    [Description("Requests that may wait on one key before they are answered 429.")]
    public int MaxQueuedPerKey { get; set; } = 2_000;
}
