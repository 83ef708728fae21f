namespace KvStore.Specs.Robustness.Staging;

/// <summary>A place in an exchange, where something can be done to it.</summary>
/// <param name="Text">The beginning of a statement, or of a completion's tag; null: each.</param>
/// <param name="Bytes">For the places that are counted in bytes; else 0.</param>
internal sealed record PostgresPoint(PostgresPoint.Place At, string? Text = null, long Bytes = 0)
{
    /// <summary>The beginning of a batch's statement that takes its shards' locks.</summary>
    public const string SharedLocks = "select count(pg_advisory_xact_lock_shared(";

    /// <summary>The beginning of the statement of an acquisition and of a settle that takes the shard's lock.</summary>
    public const string ExclusiveLock = "select pg_advisory_xact_lock(";

    public enum Place
    {
        BeforeStatement,
        AfterStatement,
        BeforeSync,
        AfterRequest,
        RequestBytes,
        BeforeAnswer,
        BeforeCompletion,
        BeforeReady,
        AfterAnswer,
        AnswerBytes,
    }

    /// <summary>Before the sync that asks for the answer. The server has run all statements by then, the commit included.</summary>
    public static PostgresPoint BeforeSync { get; } = new(Place.BeforeSync);

    /// <summary>Everything has been forwarded, and the server is about to answer.</summary>
    public static PostgresPoint AfterRequest { get; } = new(Place.AfterRequest);

    /// <summary>The server has begun to answer, and the client has got nothing of it.</summary>
    public static PostgresPoint BeforeAnswer { get; } = new(Place.BeforeAnswer);

    /// <summary>The client has all of the answer but the sign that the server is ready for more.</summary>
    public static PostgresPoint BeforeReady { get; } = new(Place.BeforeReady);

    public static PostgresPoint AfterAnswer { get; } = new(Place.AfterAnswer);

    /// <summary>Before the first message of a statement that begins with <paramref name="sql"/>; null: before each.</summary>
    public static PostgresPoint Before(string? sql = null) => new(Place.BeforeStatement, sql);

    /// <summary>
    /// After the last message of a statement that begins with <paramref name="sql"/>; null: after each. The server runs a
    /// statement when it comes, not only at the sync: a lock is being taken, a commit is being made.
    /// </summary>
    public static PostgresPoint After(string? sql = null) => new(Place.AfterStatement, sql);

    /// <summary>Before the server's word that a statement is done, such as <c>COMMIT</c> or <c>UPDATE 1</c>.</summary>
    public static PostgresPoint BeforeCompletion(string tag) => new(Place.BeforeCompletion, tag);

    /// <summary>After so many bytes of the request, at least 1, wherever in a message that is.</summary>
    public static PostgresPoint RequestBytes(long count) => new(Place.RequestBytes, Bytes: count);

    /// <summary>After so many bytes of the answer, at least 1.</summary>
    public static PostgresPoint AnswerBytes(long count) => new(Place.AnswerBytes, Bytes: count);

    /// <summary>Whether <paramref name="reached"/>, with its whole text, is this point.</summary>
    public bool IsAt(PostgresPoint reached) =>
        At == reached.At && Bytes == reached.Bytes && (Text is null || reached.Text?.StartsWith(Text, StringComparison.Ordinal) == true);
}
