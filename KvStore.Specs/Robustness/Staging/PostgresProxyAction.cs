namespace KvStore.Specs.Robustness.Staging;

[Flags]
internal enum PostgresProxyEnds
{
    Client = 1,
    Server = 2,
    Both = Client | Server,
}

/// <summary>What becomes of what a hold keeps back when the client closes its end meanwhile.</summary>
internal enum WhenClientGoes
{
    /// <summary>It stays held, and goes to the server at the release: the orphan that lands when nobody expects it any more.</summary>
    LetThrough,

    /// <summary>It is thrown away, and the server's end is closed at once, so that the server rolls back.</summary>
    Drop,
}

/// <summary>What is done at a point of an exchange. What came before the point has been forwarded by then.</summary>
internal abstract record PostgresProxyAction
{
    private PostgresProxyAction()
    {
    }

    /// <summary>Does nothing; <see cref="PostgresProxyFault.Reached"/> tells that the point was reached.</summary>
    public sealed record Watch : PostgresProxyAction;

    /// <summary>
    /// Closes the connection; what was not forwarded is lost. An end that is left open hears nothing any more, not even of
    /// the other's end: a server's end keeps its backend, with the locks that it has got, until somebody ends that.
    /// </summary>
    /// <param name="Reset">With a reset instead of an orderly end.</param>
    public sealed record Cut(PostgresProxyEnds Ends = PostgresProxyEnds.Both, bool Reset = false) : PostgresProxyAction;

    /// <summary>
    /// From here on nothing passes in this direction of the connection any more, neither bytes nor its end. The other direction
    /// goes on.
    /// </summary>
    public sealed record Swallow : PostgresProxyAction;

    /// <summary>
    /// Stops this direction until <see cref="PostgresProxyFault.Release"/>, or for <paramref name="AtMost"/>. A request is held
    /// no longer than the server's end is open.
    /// </summary>
    public sealed record Hold(TimeSpan AtMost, WhenClientGoes WhenClientGoes) : PostgresProxyAction;

    /// <summary>Stops this direction for a random time, evenly spread from nothing to <paramref name="AtMost"/>.</summary>
    public sealed record Delay(TimeSpan AtMost, int Seed) : PostgresProxyAction;
}
