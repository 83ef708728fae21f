using System.Text;

namespace KvStore.Bench.Peers;

/// <summary>How a server wants to be asked. The Lua scripts know the same ones by their names.</summary>
internal sealed class Dialect
{
    /// <summary>KvStore's own, and that of the bare endpoint.</summary>
    public static readonly Dialect KvStore = new("kvstore", key => new("GET", $"/kv/{key}"), (key, value) => new("PUT", $"/kv/{key}", value));

    /// <summary>A path is a command with its arguments; the body is the last one.</summary>
    public static readonly Dialect Webdis = new("webdis", key => new("GET", $"/GET/{key}"), (key, value) => new("PUT", $"/SET/{key}", value));

    /// <summary>gRPC as JSON: bytes are in base64, every call is a POST. A range read is linearizable unless it says otherwise.</summary>
    public static readonly Dialect Etcd = new(
        "etcd",
        key => new("POST", "/v3/kv/range", $$"""{"key":"{{Base64(key)}}"}"""),
        (key, value) => new("POST", "/v3/kv/put", $$"""{"key":"{{Base64(key)}}","value":"{{Base64(value)}}"}"""));

    private Dialect(string name, Func<string, WireRequest> get, Func<string, string, WireRequest> put) => (Name, Get, Put) = (name, get, put);

    public string Name { get; }

    public Func<string, WireRequest> Get { get; }

    public Func<string, string, WireRequest> Put { get; }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
