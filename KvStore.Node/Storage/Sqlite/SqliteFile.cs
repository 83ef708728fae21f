using System.Globalization;
using SQLitePCL;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// One connection, used by one thread. It stands on SQLite's own calls rather than on ADO.NET, whose commands meet
/// <c>SQLITE_BUSY</c> with sleeps of 150 ms of their own: with three nodes on a file such a sleeper finds the lock free too
/// seldom to renew its lease in time.
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    private const int OpenFlags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX;

    /// <summary>Another process may just be recovering the log, or closing the file as the last one, which copies all of the log.</summary>
    private static readonly TimeSpan SetUpWait = TimeSpan.FromSeconds(15);

    private readonly sqlite3 _connection;
    private readonly List<SqliteStatement> _statements = [];
    private SqliteStatement? _begin;
    private SqliteStatement? _commit;
    private SqliteStatement? _rollback;

    static SqliteFile() => Batteries_V2.Init();

    private SqliteFile(sqlite3 connection) => _connection = connection;

    /// <summary>The rowid of the last row that this connection has inserted; an insert that did nothing leaves it as it was.</summary>
    public long LastInsertedRow => raw.sqlite3_last_insert_rowid(_connection);

    /// <param name="busyWait">How long SQLite itself waits for a lock; none where <see cref="WriteTurn"/> does the waiting.</param>
    /// <param name="reusedLogBytes">
    /// A log that starts anew keeps so much of its file: overwriting is faster than growing, and cutting takes half a millisecond a MiB of
    /// the commit that does it.
    /// </param>
    public static SqliteFile Open(string path, TimeSpan busyWait, long reusedLogBytes, bool create = false)
    {
        var code = raw.sqlite3_open_v2(path, out var connection, OpenFlags | (create ? raw.SQLITE_OPEN_CREATE : 0), null);
        var file = new SqliteFile(connection);
        try
        {
            if (code != raw.SQLITE_OK)
            {
                throw Failure(connection, code, $"open '{path}'");
            }

            raw.sqlite3_extended_result_codes(connection, 1);
            // Even a pragma reads the schema, and waits where another node is just creating it or recovering the log.
            raw.sqlite3_busy_timeout(connection, (int)SetUpWait.TotalMilliseconds);
            // FULL: a commit returns when its frames are on the disk. The log is checkpointed by us, never inside of a commit.
            file.Execute("pragma synchronous = full");
            file.Execute("pragma wal_autocheckpoint = 0");
            file.Execute(string.Create(CultureInfo.InvariantCulture, $"pragma journal_size_limit = {reusedLogBytes}"));
            raw.sqlite3_busy_timeout(connection, (int)busyWait.TotalMilliseconds);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static SqliteFailure Failure(sqlite3 connection, int code, string doing)
    {
        var detail = connection.IsInvalid ? raw.sqlite3_errstr(code) : raw.sqlite3_errmsg(connection);
        return new SqliteFailure(code, doing, detail.utf8_to_string());
    }

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v2(_connection, sql, out var handle);
        if (code != raw.SQLITE_OK)
        {
            throw Failure(_connection, code, $"prepare '{sql}'");
        }

        var statement = new SqliteStatement(_connection, handle, sql);
        _statements.Add(statement);
        return statement;
    }

    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_connection, sql);
        if (code != raw.SQLITE_OK)
        {
            throw Failure(_connection, code, $"run '{sql}'");
        }
    }

    /// <summary>The text of a pragma's or query's single value.</summary>
    public string Single(string sql)
    {
        using var statement = Prepare(sql);
        _statements.Remove(statement);
        using var rows = statement.Rows();
        return rows.Next() ? rows.Text(0) : "";
    }

    /// <summary>
    /// One writing transaction. It is immediate: one that began by reading would fail at its first write if another process
    /// had written in between (<c>SQLITE_BUSY_SNAPSHOT</c>), and no waiting helps against that.
    /// </summary>
    public T Write<T>(WriteTurn turn, bool urgent, TimeSpan wait, Func<T> work)
    {
        using var entered = turn.Enter(urgent, wait, BeginImmediate);
        T result;
        try
        {
            result = work();
        }
        catch (Exception failure)
        {
            var code = RollbackIfOpen();
            if (IsInTransaction)
            {
                throw new SqliteStuckTransaction(code, failure);
            }

            throw;
        }

        try
        {
            _ = (_commit ??= Prepare("commit")).Execute();
        }
        catch (SqliteFailure failure)
        {
            _ = RollbackIfOpen();
            throw new SqliteCommitFailure(failure);
        }

        CountPages(turn);
        return result;
    }

    /// <summary>Ends a long statement with <c>SQLITE_INTERRUPT</c> as soon as <paramref name="shouldStop"/> says so.</summary>
    public void StopWhen(Func<bool> shouldStop) =>
        raw.sqlite3_progress_handler(_connection, 10_000, _ => shouldStop() ? 1 : 0, null);

    /// <summary>Copies what is possible from the log into the file without waiting for anybody.</summary>
    /// <returns>Whether that was all of it.</returns>
    public bool Checkpoint()
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_connection, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var frames, out var copied);
        return HadItsWay(code) && frames == copied;
    }

    /// <summary>Copies all of the log into the file and cuts it to nothing, waiting for readers for so long.</summary>
    /// <returns>False where a reader or a writer stayed in the way.</returns>
    public bool CheckpointAndTruncate(TimeSpan wait)
    {
        raw.sqlite3_busy_timeout(_connection, (int)wait.TotalMilliseconds);
        var code = raw.sqlite3_wal_checkpoint_v2(_connection, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        raw.sqlite3_busy_timeout(_connection, 0);
        return HadItsWay(code);
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private bool BeginImmediate() => (_begin ??= Prepare("begin immediate")).TryExecute() switch
    {
        raw.SQLITE_DONE => true,
        var code when (code & 0xFF) == raw.SQLITE_BUSY => false,
        var code => throw Failure(_connection, code, "begin a transaction"),
    };

    /// <returns>False where somebody else was in the way.</returns>
    private bool HadItsWay(int code) => (code & 0xFF) switch
    {
        raw.SQLITE_OK => true,
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => false,
        _ => throw Failure(_connection, code, "copy the log"),
    };

    private void CountPages(WriteTurn turn)
    {
        // Set back to 0 each time: it has 31 bits.
        raw.sqlite3_db_status(_connection, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var written, out _, 1);
        turn.AddLoggedPages(written);
    }

    private bool IsInTransaction => raw.sqlite3_get_autocommit(_connection) == 0;

    private int RollbackIfOpen() => IsInTransaction ? (_rollback ??= Prepare("rollback")).TryExecute() : raw.SQLITE_OK;
}
