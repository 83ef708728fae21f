using System.Diagnostics;
using KvStore.Messages.Keys;
using KvStore.Node.Config;
using KvStore.Node.Storage;
using KvStore.Node.Storage.Sqlite;
using KvStore.Specs.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Node.Storage;

/// <summary>What only an embedded engine has: several processes on one file, their locks, and a file that is not what it should be.</summary>
public sealed class SqliteFileSpecs : IAsyncLifetime
{
    private const long CheckpointBytes = 16 * 1024 * 1024;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kvstore-file-");
    private readonly List<SqliteKeyStore> _stores = [];

    private string DatabasePath => Path.Combine(_directory.FullName, "kvstore.db");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>Each store has connections and a turn of its own, as a process would.</summary>
    [Fact]
    public async Task Three_nodes_on_one_file_under_load_all_write_and_all_renew_in_time()
    {
        string[] nodes = ["node-0", "node-1", "node-2"];
        var stores = await Task.WhenAll(nodes.Select(OpenAsync));
        foreach (var (store, shard) in stores.Select((store, shard) => (store, shard)))
        {
            Assert.IsType<AcquireResult.Acquired>(await store.AcquireAsync(new AcquireRequest(shard, nodes[shard], null, 0)));
        }

        var batches = new int[nodes.Length];
        var slowest = new TimeSpan[nodes.Length];
        var end = Stopwatch.StartNew();
        var writers = stores.Select((store, shard) => Task.Run(async () =>
        {
            for (; end.Elapsed < TimeSpan.FromSeconds(4); batches[shard]++)
            {
                var rows = Enumerable.Range(0, 200).Select(n => Row($"{batches[shard]}-{n}", shard)).ToArray();
                var committed = Assert.IsType<CommitResult.Committed>(await store.CommitAsync(nodes[shard], rows));
                Assert.All(committed.Rows, outcome => Assert.Equal(RowOutcome.Applied, outcome));
            }
        }));
        var renewals = stores.Select((store, shard) => Task.Run(async () =>
        {
            while (end.Elapsed < TimeSpan.FromSeconds(4))
            {
                var start = Stopwatch.GetTimestamp();
                Assert.NotNull(await store.RenewAsync(nodes[shard]));
                slowest[shard] = TimeSpan.FromTicks(Math.Max(slowest[shard].Ticks, Stopwatch.GetElapsedTime(start).Ticks));
                await Task.Delay(20);
            }
        }));
        await Task.WhenAll([.. writers, .. renewals]);
        Assert.All(slowest, most => Assert.True(most < TimeSpan.FromSeconds(1.6), $"a renewal took {most}"));
        Assert.True(batches.Min() * 4 > batches.Max(), $"the batches of the three nodes: {string.Join(", ", batches)}");
        Assert.Equal(batches.Sum() * 200L, (await stores[0].CountKeysAsync(default)).Sum());
    }

    [SkippableFact]
    public async Task A_node_whose_process_was_killed_is_known_to_be_dead_and_one_that_lives_is_not()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/flock"))
        {
            Requirements.Skip("flock of util-linux is not installed.");
        }

        var store = await OpenAsync("node-0");
        Assert.False(store.IsKnownDead("node-0"));
        Assert.False(store.IsKnownDead("stranger"));

        // Holds the very lock that a node's process holds, and becomes the command itself, so that one kill ends it.
        var file = $"{DatabasePath}-node-stranger";
        using var other = Process.Start(new ProcessStartInfo("/usr/bin/flock", ["--exclusive", "--no-fork", file, "sleep", "1000"]))!;
        try
        {
            await PostgresFaults.EventuallyAsync(() => Task.FromResult(File.Exists(file) && !store.IsKnownDead("stranger")));
        }
        finally
        {
            other.Kill();
            await other.WaitForExitAsync();
        }

        Assert.True(store.IsKnownDead("stranger"));
        await store.ForgetNodeAsync("stranger", 0);
        Assert.False(store.IsKnownDead("node-0"));
    }

    /// <summary>The file of the turnstile is made where it is missing, so it tells who has passed.</summary>
    [Fact]
    public async Task A_process_that_writes_all_the_time_passes_the_turnstile_once_a_quantum()
    {
        var turnstile = $"{DatabasePath}-turn";
        var time = new FakeTimeProvider();
        var store = New(new StorageOptions { ConnectionString = $"Data Source={DatabasePath}" }, time);
        await store.OpenAsync(default);
        await store.RegisterAsync(new NodeRow("node-0", "node-0", "akka", "http", 0, TimeSpan.FromSeconds(5)), default);
        await store.AcquireAsync(new AcquireRequest(0, "node-0", null, 0));
        for (var round = 0; round < 3; round++)
        {
            time.Advance(WriteTurn.Quantum);
            Assert.True(await PassesAsync($"{round}-first"));
            Assert.False(await PassesAsync($"{round}-second"));
            time.Advance(WriteTurn.Quantum - TimeSpan.FromMilliseconds(1));
            Assert.False(await PassesAsync($"{round}-third"));
        }

        async Task<bool> PassesAsync(string key)
        {
            File.Delete(turnstile);
            Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", [Row(key, 0)]));
            return File.Exists(turnstile);
        }
    }

    /// <summary>Each of its transactions has to get the lock within half a second, and between two batches there is next to no gap.</summary>
    [Fact]
    public async Task A_node_comes_in_while_another_writes_large_batches_all_the_time()
    {
        var store = await OpenAsync("node-0");
        await store.AcquireAsync(new AcquireRequest(0, "node-0", null, 0));
        using var end = new CancellationTokenSource();
        var isWriting = new TaskCompletionSource();
        // Several, so that the next batch always waits for the one before.
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var batch = 0; !end.IsCancellationRequested; batch++)
            {
                var rows = Enumerable.Range(0, 500).Select(n => Row($"{writer}-{batch}-{n}", 0)).ToArray();
                Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", rows));
                isWriting.TrySetResult();
            }
        })));
        await Task.WhenAny(isWriting.Task, writing);
        for (var newcomer = 1; newcomer <= 3; newcomer++)
        {
            var node = $"node-{newcomer}";
            var other = await OpenAsync(node);
            Assert.IsType<AcquireResult.Acquired>(await other.AcquireAsync(new AcquireRequest(newcomer, node, null, 0)));
            Assert.IsType<CommitResult.Committed>(await other.CommitAsync(node, [Row("k", newcomer)]));
        }

        await end.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task A_node_that_ended_without_unregistering_is_known_to_be_dead_and_one_that_unregistered_leaves_no_file()
    {
        var first = await OpenAsync("node-0");
        var second = await OpenAsync("node-1");
        Assert.False(second.IsKnownDead("node-0"));
        await first.DisposeAsync();
        Assert.True(second.IsKnownDead("node-0"));
        await second.UnregisterAsync("node-1");
        Assert.False(File.Exists($"{DatabasePath}-node-node-1"));
        await second.ForgetNodeAsync("node-0", 0);
        Assert.False(File.Exists($"{DatabasePath}-node-node-0"));
    }

    [Fact]
    public async Task A_process_that_stops_inside_a_transaction_makes_others_fail_in_bounded_time_and_nothing_else()
    {
        var store = await OpenAsync("node-0", commitTimeout: TimeSpan.FromMilliseconds(500));
        var epoch = Assert.IsType<AcquireResult.Acquired>(await store.AcquireAsync(new AcquireRequest(0, "node-0", null, 0))).Epoch;
        await using var stopped = new SqliteConnection($"Data Source={DatabasePath};Pooling=false");
        await stopped.OpenAsync();
        await using var transaction = stopped.BeginTransaction(deferred: false);
        var waits = Stopwatch.StartNew();
        // Not the fault of any row, so that nobody tries them one by one.
        var failed = Assert.IsType<CommitResult.Failed>(await store.CommitAsync("node-0", [Row("k", 0)]));
        Assert.IsType<StoreUnavailableException>(failed.Cause);
        Assert.IsType<AcquireResult.LockTimedOut>(await store.AcquireAsync(new AcquireRequest(1, "node-0", null, 0)));
        Assert.IsType<SettleResult.Failed>(await store.SettleAsync("node-0", 0, epoch, []));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.RenewAsync("node-0"));
        Assert.Null(await store.LoadAsync(0, Key.Parse("k")));
        Assert.True(waits.Elapsed < TimeSpan.FromSeconds(10));
        await transaction.RollbackAsync();
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", [Row("k", 0)]));
        Assert.NotNull(await store.RenewAsync("node-0"));
    }

    [Fact]
    public async Task The_log_stays_bounded()
    {
        var store = await OpenAsync("node-0");
        await store.AcquireAsync(new AcquireRequest(0, "node-0", null, 0));
        var value = LongText(100_000);
        for (var batch = 0; batch < 30; batch++)
        {
            var rows = Enumerable.Range(0, 40).Select(n => Row($"{batch}-{n}", 0) with { Value = value }).ToArray();
            Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", rows));
            Assert.True(new FileInfo(DatabasePath + "-wal").Length < 64 * 1024 * 1024);
        }
    }

    /// <summary>The log outlives a process as long as another has the file open, and each of these ends before it would copy its own.</summary>
    [Fact]
    public async Task Many_short_lives_do_not_let_the_log_grow()
    {
        await (await OpenAsync("node-0")).DisposeAsync();
        await using var other = new SqliteConnection($"Data Source={DatabasePath};Pooling=false");
        await other.OpenAsync();
        await using var command = other.CreateCommand();
        command.CommandText = "select count(*) from kv";
        await command.ExecuteScalarAsync();
        var value = LongText(1_000_000);
        for (var life = 1; life < 30; life++)
        {
            await using var store = await OpenAsync($"node-{life}");
            await store.AcquireAsync(new AcquireRequest(life, $"node-{life}", null, 0));
            for (var batch = 0; batch < 4; batch++)
            {
                Assert.IsType<CommitResult.Committed>(await store.CommitAsync($"node-{life}", [Row($"{batch}", life) with { Value = value }]));
            }

            Assert.True(new FileInfo(DatabasePath + "-wal").Length < 80 * 1024 * 1024, $"it has grown in life {life}");
        }
    }

    /// <summary>The first connection to come is the last one to go as well, and would copy it all when it goes.</summary>
    [Fact]
    public async Task A_start_does_not_wait_until_what_a_crash_left_in_the_log_is_copied()
    {
        var left = await CrashAsync(megabytes: 1);
        var length = new FileInfo($"{left}-wal").Length;
        Assert.True(length > 1_000_000);
        var next = New(new StorageOptions { ConnectionString = $"Data Source={left}", CheckpointBytes = CheckpointBytes });
        await next.OpenAsync(default);
        Assert.Equal(length, new FileInfo($"{left}-wal").Length);
        Assert.Equal(1_000_002, (await next.LoadAsync(0, Key.Parse("0")))!.Value!.Value.Length);
    }

    /// <summary>The first write starts a log anew of which nothing is left to copy.</summary>
    [Fact]
    public async Task A_very_long_log_is_copied_by_the_start()
    {
        const int Checkpoint = 1024 * 1024;
        var left = await CrashAsync(megabytes: 6);
        Assert.True(new FileInfo($"{left}-wal").Length > 4 * Checkpoint);
        var next = New(new StorageOptions { ConnectionString = $"Data Source={left}", CheckpointBytes = Checkpoint });
        await next.OpenAsync(default);
        await next.RegisterAsync(new NodeRow("node-1", "node-1", "akka", "http", 0, TimeSpan.FromSeconds(5)), default);
        Assert.True(new FileInfo($"{left}-wal").Length <= Checkpoint * 3 / 2);
    }

    /// <summary>None of them has appended enough for a copy to be due.</summary>
    [Fact]
    public async Task What_several_processes_append_together_is_copied_too()
    {
        var value = LongText(1_000_000);
        string[] nodes = ["node-0", "node-1", "node-2", "node-3"];
        var stores = new List<SqliteKeyStore>();
        foreach (var node in nodes)
        {
            // All of them before any of it is written: what is there at a start counts as that process's own.
            stores.Add(await OpenAsync(node));
        }

        for (var shard = 0; shard < nodes.Length; shard++)
        {
            await stores[shard].AcquireAsync(new AcquireRequest(shard, nodes[shard], null, 0));
            var rows = Enumerable.Range(0, 8).Select(n => Row($"{n}", shard) with { Value = value }).ToArray();
            Assert.IsType<CommitResult.Committed>(await stores[shard].CommitAsync(nodes[shard], rows));
        }

        Assert.True(new FileInfo(DatabasePath + "-wal").Length > CheckpointBytes * 3 / 2);
        // A renewal sees how long it is, and the first write after the copy starts it anew.
        await Eventually.HoldsAsync(
            "the log is short again",
            TimeSpan.FromSeconds(10),
            async _ =>
            {
                await stores[0].RenewAsync(nodes[0]);
                return new FileInfo(DatabasePath + "-wal").Length <= CheckpointBytes * 3 / 2;
            });
    }

    /// <summary>Each try to cut the log keeps the writers waiting for the reader, so there must not be one a commit.</summary>
    [Fact]
    public async Task A_reader_that_stays_does_not_slow_down_every_commit()
    {
        var store = await OpenAsync("node-0");
        await store.AcquireAsync(new AcquireRequest(0, "node-0", null, 0));
        await using var reader = new SqliteConnection($"Data Source={DatabasePath};Pooling=false");
        await reader.OpenAsync();
        await using var transaction = reader.BeginTransaction(deferred: true);
        await using var command = reader.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "select count(*) from kv";
        await command.ExecuteScalarAsync();
        var value = LongText(1_000_000);
        for (var batch = 0; new FileInfo(DatabasePath + "-wal").Length < (4 * CheckpointBytes) + (2 * 1024 * 1024); batch++)
        {
            var rows = Enumerable.Range(0, 10).Select(n => Row($"{batch}-{n}", 0) with { Value = value }).ToArray();
            Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", rows));
        }

        var commits = Stopwatch.StartNew();
        for (var n = 0; n < 30; n++)
        {
            // Enough that the next copy is due after each of them.
            var rows = Enumerable.Range(0, 2).Select(part => Row($"late-{n}-{part}", 0) with { Value = value }).ToArray();
            Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", rows));
        }

        Assert.True(commits.Elapsed < TimeSpan.FromSeconds(3), $"30 commits took {commits.Elapsed}");
    }

    /// <summary>The planner has two ways, and by the key it would go down two trees.</summary>
    [Fact]
    public async Task A_row_is_updated_by_its_place()
    {
        await OpenAsync("node-0");
        await using var other = new SqliteConnection($"Data Source={DatabasePath};Pooling=false");
        await other.OpenAsync();
        await using var command = other.CreateCommand();
        command.CommandText = $"explain query plan {SqliteCommits.UpdateSql}";
        command.Parameters.AddRange(Enumerable.Range(1, 7).Select(number => new SqliteParameter($"?{number}", 1)));
        await using var plan = await command.ExecuteReaderAsync();
        Assert.True(await plan.ReadAsync());
        Assert.Equal("SEARCH kv USING INTEGER PRIMARY KEY (rowid=?)", plan.GetString(3));
        Assert.False(await plan.ReadAsync());
    }

    /// <summary>A writer remembers where rows are, and <c>vacuum</c>, or another process, may put them elsewhere.</summary>
    [Theory]
    [InlineData("update kv set rowid = rowid + 1000")]
    [InlineData("update kv set rowid = -rowid; update kv set rowid = 3 + rowid")]
    public async Task A_row_that_is_not_where_it_was_is_found_by_its_key_and_no_other_is_written(string move)
    {
        var store = await OpenAsync("node-0");
        await store.AcquireAsync(new AcquireRequest(0, "node-0", null, 0));
        RowWrite[] rows = [Row("a", 0), Row("b", 0)];
        Assert.Equal([RowOutcome.Applied, RowOutcome.Applied], await ApplyAsync(rows));

        await using var other = new SqliteConnection($"Data Source={DatabasePath};Pooling=false");
        await other.OpenAsync();
        await using var command = other.CreateCommand();
        command.CommandText = move;
        Assert.True(await command.ExecuteNonQueryAsync() >= 2);

        var next = rows[0] with { Expected = new(1), Version = new(2), Value = JsonText.Of("2") };
        Assert.Equal([RowOutcome.Applied], await ApplyAsync([next]));
        Assert.Equal(new StoredRow(next.Version, next.Value), await store.LoadAsync(0, next.Key));
        Assert.Equal(new StoredRow(rows[1].Version, rows[1].Value), await store.LoadAsync(0, rows[1].Key));
        Assert.Equal([RowOutcome.Conflict], await ApplyAsync([next]));

        async Task<IEnumerable<RowOutcome>> ApplyAsync(RowWrite[] batch) =>
            Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", batch)).Rows;
    }

    [Fact]
    public void A_log_that_cannot_be_cut_for_a_fault_of_the_file_is_not_one_that_a_reader_keeps()
    {
        using var file = SqliteFile.Open(DatabasePath, TimeSpan.Zero, CheckpointBytes, create: true);
        file.Single("pragma journal_mode = wal");
        file.Execute("create table t (value blob)");
        file.Execute("insert into t values (zeroblob(1000000))");
        Assert.True(file.CheckpointAndTruncate(TimeSpan.Zero));
        file.Execute("insert into t values (null)");
        using (var lost = new FileStream(DatabasePath, FileMode.Open, FileAccess.Write))
        {
            lost.SetLength(0);
        }

        Assert.Throws<SqliteFailure>(() => file.CheckpointAndTruncate(TimeSpan.Zero));
        Assert.Throws<SqliteFailure>(() => file.Checkpoint());
    }

    [Fact]
    public async Task A_renewal_that_hangs_ends_in_time_for_another()
    {
        var store = New(new StorageOptions
        {
            ConnectionString = $"Data Source={DatabasePath}",
            LeaseTtl = TimeSpan.FromSeconds(3),
            LockTimeout = TimeSpan.FromSeconds(10),
        });
        await store.OpenAsync(default);
        await store.RegisterAsync(new NodeRow("node-0", "node-0", "akka", "http", 0, TimeSpan.FromSeconds(3)), default);
        await using var stopped = new SqliteConnection($"Data Source={DatabasePath};Pooling=false");
        await stopped.OpenAsync();
        await using var transaction = stopped.BeginTransaction(deferred: false);
        var waits = Stopwatch.StartNew();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.RenewAsync("node-0"));
        Assert.True(waits.Elapsed < TimeSpan.FromSeconds(3));
    }

    /// <summary>A stack has no room for a call a job.</summary>
    [Fact]
    public async Task However_many_wait_when_the_store_closes_all_are_told()
    {
        using var gate = new ManualResetEventSlim();
        using var threads = new SqliteThreads<MemoryStream>("specs", 1, () => new MemoryStream(), TimeProvider.System);
        var running = threads.RunAsync(
            _ =>
            {
                gate.Wait();
                return 0;
            },
            TimeSpan.FromMinutes(1));
        var waiting = Enumerable.Range(0, 100_000).Select(_ => threads.RunAsync(_ => 0, TimeSpan.FromMinutes(1))).ToArray();
        var closing = Task.Run(threads.Dispose);
        await PostgresFaults.EventuallyAsync(() => Task.FromResult(threads.RunAsync(_ => 0, TimeSpan.FromMinutes(1)).IsFaulted));
        gate.Set();
        await closing;
        await running;
        await Task.WhenAll(waiting).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.All(waiting, task => Assert.IsType<StoreUnavailableException>(task.Exception?.InnerException));
    }

    [Fact]
    public async Task A_file_that_was_deleted_under_a_node_ends_its_lease()
    {
        var store = await OpenAsync("node-0");
        File.Delete(DatabasePath);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.RenewAsync("node-0"));
    }

    [Theory]
    [InlineData("Data Source=:memory:")]
    [InlineData("Data Source=")]
    [InlineData("Data Source=x.db;Password=s3cret")]
    [InlineData("Data Source=x.db;Mode=ReadOnly")]
    [InlineData("x.db")]
    public void A_connection_string_that_says_anything_but_a_file_is_refused(string connectionString)
    {
        var refusal = Assert.Throws<StoreRefusedException>(() => New(new StorageOptions { ConnectionString = connectionString }));
        Assert.Equal("KvStore:Storage:ConnectionString", refusal.Setting);
        Assert.DoesNotContain("s3cret", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("directory")]
    [InlineData("below a file")]
    public async Task A_path_that_is_no_database_is_refused(string kind)
    {
        var path = Path.Combine(_directory.FullName, "thing");
        switch (kind)
        {
            case "garbage":
                await File.WriteAllTextAsync(path, new string('x', 10_000));
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            default:
                await File.WriteAllTextAsync(path, "");
                path = Path.Combine(path, "kvstore.db");
                break;
        }

        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(
            () => New(new StorageOptions { ConnectionString = $"Data Source={path}" }).OpenAsync(default));
        Assert.Equal("KvStore:Storage:ConnectionString", refusal.Setting);
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Makes what a crash leaves: a file and its log, without what only the processes knew of it.</summary>
    private async Task<string> CrashAsync(int megabytes)
    {
        var store = await OpenAsync("node-0");
        await store.AcquireAsync(new AcquireRequest(0, "node-0", null, 0));
        var value = LongText(1_000_000);
        var rows = Enumerable.Range(0, megabytes).Select(n => Row($"{n}", 0) with { Value = value }).ToArray();
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync("node-0", rows));
        var left = Path.Combine(_directory.CreateSubdirectory("left").FullName, "kvstore.db");
        File.Copy(DatabasePath, left);
        File.Copy($"{DatabasePath}-wal", $"{left}-wal");
        // To close a file drops all locks that this process has on it.
        await store.DisposeAsync();
        return left;
    }

    private static JsonText LongText(int length) => JsonText.Of($"\"{new string('x', length)}\"");

    private static RowWrite Row(string key, int shard) => new(Key.Parse(key), shard, 1, KeyVersion.None, new KeyVersion(1), JsonText.Of("1"));

    private SqliteKeyStore New(StorageOptions options, TimeProvider? time = null)
    {
        var store = new SqliteKeyStore(options, 32, time ?? TimeProvider.System, NullLogger<SqliteKeyStore>.Instance);
        _stores.Add(store);
        return store;
    }

    private async Task<SqliteKeyStore> OpenAsync(string node) => await OpenAsync(node, TimeSpan.FromSeconds(5));

    private async Task<SqliteKeyStore> OpenAsync(string node, TimeSpan commitTimeout)
    {
        var store = New(new StorageOptions
        {
            ConnectionString = $"Data Source={DatabasePath}",
            CommitTimeout = commitTimeout,
            CheckpointBytes = CheckpointBytes,
        });
        await store.OpenAsync(default);
        await store.RegisterAsync(new NodeRow(node, node, "akka", "http", 0, TimeSpan.FromSeconds(5)), default);
        return store;
    }
}
