using System.Text;
using SQLitePCL;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>A prepared statement that is used again and again, by one thread.</summary>
internal sealed class SqliteStatement(sqlite3 connection, sqlite3_stmt statement, string sql) : IDisposable
{
    public SqliteStatement Bind(int index, long value) => Bound(raw.sqlite3_bind_int64(statement, index, value));

    public SqliteStatement BindNull(int index) => Bound(raw.sqlite3_bind_null(statement, index));

    public SqliteStatement Bind(int index, string? value)
    {
        if (value is null)
        {
            return BindNull(index);
        }

        if (value.Length == 0)
        {
            // An empty span is a null pointer, and that would bind NULL.
            return Bound(raw.sqlite3_bind_text(statement, index, value));
        }

        var bound = Encoding.UTF8.GetMaxByteCount(value.Length);
        var utf8 = bound <= 2_048 ? stackalloc byte[bound] : new byte[bound];
        return Bound(raw.sqlite3_bind_text(statement, index, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
    }

    public SqliteStatement BindBlob(int index, ReadOnlySpan<byte> value) => Bound(
        value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, value));

    /// <summary>Runs a statement to its end and says how many rows it changed.</summary>
    public int Execute()
    {
        using var rows = Rows();
        while (rows.Next())
        {
        }

        return raw.sqlite3_changes(connection);
    }

    /// <summary>Runs a statement that must not wait, and gives its result code instead of throwing.</summary>
    public int TryExecute()
    {
        var code = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        return code;
    }

    /// <summary>The rows of a query; to be disposed of, because a statement that is not reset holds its snapshot.</summary>
    public SqliteRows Rows() => new(this);

    public void Dispose() => statement.Dispose();

    internal bool Step() => raw.sqlite3_step(statement) switch
    {
        raw.SQLITE_ROW => true,
        raw.SQLITE_DONE => false,
        var code => throw Failure(code),
    };

    internal void Reset()
    {
        // The code that this returns is that of the last step, which was thrown already.
        raw.sqlite3_reset(statement);
        raw.sqlite3_clear_bindings(statement);
    }

    internal bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    internal long Number(int column) => raw.sqlite3_column_int64(statement, column);

    internal string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    internal byte[] Blob(int column) => raw.sqlite3_column_blob(statement, column).ToArray();

    private SqliteStatement Bound(int code) => code == raw.SQLITE_OK ? this : throw Failure(code);

    private SqliteFailure Failure(int code) => SqliteFile.Failure(connection, code, $"run '{sql}'");
}

/// <summary>A cursor over one run of a statement. Columns are numbered from 0 and valid until the next row.</summary>
internal readonly ref struct SqliteRows(SqliteStatement statement)
{
    public bool Next() => statement.Step();

    public bool IsNull(int column) => statement.IsNull(column);

    public long Number(int column) => statement.Number(column);

    public string Text(int column) => statement.Text(column);

    public byte[] Blob(int column) => statement.Blob(column);

    public void Dispose() => statement.Reset();
}
