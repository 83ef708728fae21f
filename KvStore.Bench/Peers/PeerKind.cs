namespace KvStore.Bench.Peers;

/// <summary>What can be measured.</summary>
internal enum PeerKind
{
    /// <summary>Kestrel with a minimal API that answers the same bytes and keeps nothing: the most that this server can do.</summary>
    Bare,
    Sqlite,
    Postgres,
    Three,
    Five,
    Webdis,
    Etcd,
}

internal static class PeerKinds
{
    public static readonly PeerKind[] All = Enum.GetValues<PeerKind>();

    /// <summary>As options name it.</summary>
    public static string Token(this PeerKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>As tables name it.</summary>
    public static string Title(this PeerKind kind) => kind switch
    {
        PeerKind.Bare => "bare Kestrel",
        PeerKind.Sqlite => "KvStore, SQLite",
        PeerKind.Postgres => "KvStore, PostgreSQL",
        PeerKind.Three => "KvStore, 3 nodes, PostgreSQL",
        PeerKind.Five => "KvStore, 5 nodes, PostgreSQL",
        PeerKind.Webdis => "webdis + Redis",
        PeerKind.Etcd => "etcd, JSON gateway",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static bool IsKvStore(this PeerKind kind) => kind is PeerKind.Sqlite or PeerKind.Postgres or PeerKind.Three or PeerKind.Five;

    public static int Nodes(this PeerKind kind) => kind switch
    {
        PeerKind.Three => 3,
        PeerKind.Five => 5,
        _ => 1,
    };
}
