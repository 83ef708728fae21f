using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>The data sources of one connection string, and the first look at the server behind it.</summary>
internal static class PostgresServers
{
    /// <summary>
    /// For how long a connection may be in the making, though those that wait for it are given up sooner: a server under load that is
    /// left and asked anew by everybody after each wait would never get one ready. Not for long: what was asked for while the
    /// network was cut comes late or never. A longer wait in the settings makes it longer.
    /// </summary>
    public static readonly TimeSpan OpeningPatience = TimeSpan.FromSeconds(5);

    private const int OldestMajorVersion = 15;

    /// <summary>Enough for the reads of one node; a hundred, Npgsql's default, is all that a server takes by default.</summary>
    private const int ReadConnections = 8;

    /// <summary>More than a connection has different statements.</summary>
    private const int PreparedStatements = 16;

    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(parsed.Host)
                ? throw StoreRefusals.ConnectionString("it names no host; write 'Host=…;Database=…;Username=…;Password=…'.")
                : parsed;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // The inner message could quote a piece of the string, and with it the password.
            throw StoreRefusals.ConnectionString("it is not a connection string of Npgsql; write 'Host=…;Database=…;Username=…;Password=…'.");
        }
    }

    /// <summary>Connections that somebody owns for as long as they work.</summary>
    /// <param name="connectTimeout">For an opening, which is not bounded by <see cref="OpeningPatience"/> alone.</param>
    /// <param name="commandTimeout">For single statements; a batch has the bound of its session.</param>
    /// <param name="prepares">Whether what is sent again and again is prepared; only where <see cref="IsDirectAsync"/>.</param>
    public static NpgsqlDataSource Unpooled(
        NpgsqlConnectionStringBuilder settings, TimeSpan connectTimeout, TimeSpan commandTimeout, bool prepares = false) =>
        Build(Common(settings, connectTimeout, commandTimeout, prepares), parsed => parsed.Pooling = false);

    /// <summary>
    /// Whether no pooler stands between. What was prepared on one of its connections may come to another, which does not know it,
    /// or knows something else by that name. A pooler makes up the process id that it names when a client connects.
    /// </summary>
    public static async Task<bool> IsDirectAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))! == connection.ProcessID;
    }

    /// <summary>Connections for reads.</summary>
    /// <param name="readTimeout">The longest wait for a connection, and then for an answer.</param>
    public static PostgresReadPool ReadPool(NpgsqlConnectionStringBuilder settings, TimeSpan readTimeout, TimeProvider time)
    {
        var size = !settings.ContainsKey("Maximum Pool Size") || settings.MaxPoolSize == 100 ? ReadConnections : Math.Max(1, settings.MaxPoolSize);
        var pool = Build(Common(settings, readTimeout, readTimeout, prepares: false), parsed =>
        {
            parsed.Pooling = true;
            parsed.MaxPoolSize = size;
            parsed.MinPoolSize = Math.Min(parsed.MinPoolSize, size);
        });
        return new PostgresReadPool(pool, size, readTimeout, time);
    }

    /// <summary>Whether the server can keep the store's promises at all.</summary>
    public static async Task InspectAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select current_setting('server_version_num')::int / 10000, current_setting('server_encoding'), current_setting('server_version')", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        if (reader.GetInt32(0) < OldestMajorVersion)
        {
            throw StoreRefusals.ConnectionString($"the server is PostgreSQL {reader.GetString(2)}, and the store needs {OldestMajorVersion} or newer.");
        }

        if (reader.GetString(1) != "UTF8")
        {
            throw StoreRefusals.ConnectionString($"the database's encoding is {reader.GetString(1)}, and the store needs UTF8.");
        }
    }

    /// <summary>One sentence for an error that met the very first connection.</summary>
    public static StoreRefusedException Refusal(NpgsqlConnectionStringBuilder settings, Exception failure)
    {
        var server = $"{settings.Host}:{settings.Port}";
        return StoreRefusals.ConnectionString(
            failure switch
            {
                PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
                    $"the server at {server} does not let user '{settings.Username}' in.",
                PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
                    $"the server at {server} has no database '{settings.Database ?? settings.Username}'.",
                PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied =>
                    $"user '{settings.Username}' may not create or use the store's tables: {denied.MessageText}.",
                PostgresException { SqlState: PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedTable } =>
                    $"the database '{settings.Database}' has a table 'meta' that is not this program's.",
                PostgresException other => $"the server at {server} answered: {other.MessageText} ({other.SqlState}).",
                StoreUnavailableException standby => $"the server at {server} cannot be used: {standby.Message}",
                _ => $"the server at {server} cannot be reached: {(failure.InnerException ?? failure).Message}.",
            },
            failure);
    }

    private static NpgsqlConnectionStringBuilder Common(
        NpgsqlConnectionStringBuilder settings, TimeSpan connectTimeout, TimeSpan commandTimeout, bool prepares) => new(settings.ConnectionString)
        {
            // Behind a pooler two statements of a session may meet two servers: no session state is relied on, and none is to be reset.
            NoResetOnClose = true,
            Multiplexing = false,
            Enlist = false,
            // Parsing and planning a batch takes the server as long as executing it.
            MaxAutoPrepare = prepares ? PreparedStatements : 0,
            AutoPrepareMinUsages = 2,
            Timeout = Seconds(connectTimeout > OpeningPatience ? connectTimeout : OpeningPatience),
            // Whatever the string says: no wait may be without a bound.
            CommandTimeout = Seconds(commandTimeout),
            CancellationTimeout = settings.CancellationTimeout == 0 ? 2_000 : settings.CancellationTimeout,
            // Else nobody could tell an error of the commit from one before it.
            IncludeFailedBatchedCommand = true,
            // What was left to itself must end some day, if only because its server is gone.
            TcpKeepAlive = true,
            TcpKeepAliveTime = settings.TcpKeepAliveTime == 0 ? 10 : settings.TcpKeepAliveTime,
            IncludeErrorDetail = false,
        };

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings, Action<NpgsqlConnectionStringBuilder> adjust)
    {
        adjust(settings);
        var hosts = settings.Host!.Split(',').Length;
        // Each host gets the whole of it, and one that is gone must leave time for the next.
        settings.Timeout = (settings.Timeout + hosts - 1) / hosts;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        // The connect time-out does not cover this.
        var timeout = settings.Timeout;
        builder.UsePhysicalConnectionInitializer(
            connection => RefuseStandby(connection, timeout), connection => RefuseStandbyAsync(connection, timeout));
        return hosts > 1 ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.ReadWrite) : builder.Build();
    }

    private static int Seconds(TimeSpan bound) => Math.Max(1, (int)Math.Ceiling(bound.TotalSeconds));

    private static void RefuseStandby(NpgsqlConnection connection, int timeout)
    {
        using var command = new NpgsqlCommand("select pg_is_in_recovery()", connection) { CommandTimeout = timeout };
        Judge((bool)command.ExecuteScalar()!);
    }

    private static async Task RefuseStandbyAsync(NpgsqlConnection connection, int timeout)
    {
        await using var command = new NpgsqlCommand("select pg_is_in_recovery()", connection) { CommandTimeout = timeout };
        Judge((bool)(await command.ExecuteScalarAsync().ConfigureAwait(false))!);
    }

    private static void Judge(bool isInRecovery)
    {
        if (isInRecovery)
        {
            throw new StoreUnavailableException("It is a standby: it takes no writes, and its answers may be old.");
        }
    }
}
