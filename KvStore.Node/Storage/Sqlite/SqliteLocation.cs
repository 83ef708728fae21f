using Microsoft.Data.Sqlite;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>The path of the database, from a connection string that may say nothing else.</summary>
internal static class SqliteLocation
{
    public static string Parse(string connectionString)
    {
        SqliteConnectionStringBuilder parsed;
        try
        {
            parsed = new SqliteConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw StoreRefusals.ConnectionString("it is not a connection string of SQLite; write 'Data Source=FILE'.", e);
        }

        var file = parsed.DataSource;
        if (file.Length == 0 || file == ":memory:" || file.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || parsed.Mode == SqliteOpenMode.Memory)
        {
            throw StoreRefusals.ConnectionString("the store needs a file of its own; write 'Data Source=FILE'.");
        }

        // The modes, caches and time-outs that ADO.NET knows would change what the store promises; the password needs another SQLite.
        var others = parsed.Keys.Cast<string>().Where(key => key != "Data Source" && parsed.ShouldSerialize(key)).ToArray();
        return others.Length == 0
            ? Path.GetFullPath(file)
            : throw StoreRefusals.ConnectionString($"'{string.Join("', '", others)}' cannot be set; write 'Data Source=FILE' and nothing else.");
    }
}
