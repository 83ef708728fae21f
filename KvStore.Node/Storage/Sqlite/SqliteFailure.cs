using SQLitePCL;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>A result code of SQLite's that is not success.</summary>
internal class SqliteFailure(int code, string doing, string detail) : Exception($"SQLite failed to {doing}: {detail} (code {code}).")
{
    /// <summary>The extended result code.</summary>
    public int Code { get; } = code;

    /// <summary>The result code without its extension.</summary>
    public int PrimaryCode => Code & 0xFF;

    public bool IsBusy => PrimaryCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>After these nothing is known about the connection's state, so it is closed and opened anew.</summary>
    public virtual bool SpoilsConnection => PrimaryCode
        is raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_CANTOPEN or raw.SQLITE_NOMEM
        or raw.SQLITE_MISUSE or raw.SQLITE_PROTOCOL or raw.SQLITE_READONLY or raw.SQLITE_SCHEMA;

    /// <summary>No row is at fault. A full disk is not among these: a smaller batch may fit.</summary>
    public bool IsOfWholeStore => IsBusy || PrimaryCode
        is raw.SQLITE_NOTADB or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH
        or raw.SQLITE_IOERR or raw.SQLITE_PROTOCOL;

    /// <summary>The file itself is at fault: it cannot be opened or written, or holds something else.</summary>
    public bool BlamesFile => PrimaryCode
        is raw.SQLITE_NOTADB or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CORRUPT
        or raw.SQLITE_AUTH or raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_PROTOCOL;
}

/// <summary>A transaction could not be rolled back: whatever came next would become part of it.</summary>
internal sealed class SqliteStuckTransaction(int code, Exception cause) : SqliteFailure(code, "roll back", cause.Message)
{
    public override bool SpoilsConnection => true;
}

/// <summary>COMMIT itself failed: the frames may be in the log already, and a recovery may find them there.</summary>
internal sealed class SqliteCommitFailure(SqliteFailure cause)
    : SqliteFailure(cause.Code, "commit", cause.Message);
