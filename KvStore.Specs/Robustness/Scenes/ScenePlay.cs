using System.Globalization;
using KvStore.Messages.Routing;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Robustness.Traffic;
using KvStore.Specs.Support;
using StoredKey = KvStore.Messages.Keys.Key;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>
/// A scene being played. A is the node that owns the key at first and is harmed, B the one that takes it over: the older one, so that
/// it is B who stays when they lose each other. <c>ScenePlay.Harm.cs</c> is what is done to them.
/// </summary>
internal sealed partial class ScenePlay : IAsyncDisposable
{
    /// <summary>For what a step is to bring about.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    /// <summary>For an answer that only a program with a bug gives at once.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromSeconds(3);

    private const int MaxKeys = 200;

    private readonly TrafficClient _client = new(0, TimeSpan.FromSeconds(75));
    private readonly List<(Operation Draft, Task<Operation> Asking)> _asked = [];
    private readonly Stage _stage;
    private readonly RunHistory _history;
    private int _values;

    public ScenePlay(Stage stage, RunHistory history) => (_stage, _history) = (stage, history);

    public StageNode A => _stage.Nodes[1];

    public StageNode B => _stage.Nodes[0];

    public TimeSpan LeaseTtl => _stage.LeaseTtl;

    /// <summary>The key of the scene. Written once, and owned by A, when the steps begin.</summary>
    public string Key { get; private set; } = "";

    public int Shard => ShardOf(Key);

    /// <summary>Looks for a key that the cluster places on A, and writes it.</summary>
    public async Task BeginAsync()
    {
        for (var number = 0; number < MaxKeys; number++)
        {
            Key = string.Create(CultureInfo.InvariantCulture, $"scene/{number}");
            if (await PutAsync(A) is { Outcome: Outcome.Done } first && first.Owner == A.Name)
            {
                Note($"key {Key} is in shard {Shard} and is {A.Name}'s");
                return;
            }
        }

        throw new SceneNotPlayedException($"None of {MaxKeys} keys is placed on {A.Name}.");
    }

    /// <summary>Another key of the same shard, which nobody has asked for.</summary>
    public string FindNeighbour() => Enumerable.Range(0, 100_000)
        .Select(number => string.Create(CultureInfo.InvariantCulture, $"neighbour/{number}")).First(key => ShardOf(key) == Shard);

    public Task<Operation> GetAsync(StageNode node, string? key = null) => AskAsync(node, OperationKind.Get, key ?? Key);

    /// <summary>Puts a value that no other write has.</summary>
    public Task<Operation> PutAsync(StageNode node, long? ifVersion = null, string? key = null) => AskAsync(
        node, OperationKind.Put, key ?? Key, string.Create(CultureInfo.InvariantCulture, $"\"value {Interlocked.Increment(ref _values)}\""), ifVersion);

    public Task<Operation> DeleteAsync(StageNode node) => AskAsync(node, OperationKind.Delete, Key);

    /// <summary>Asks for all keys.</summary>
    public Task<Operation> ListAsync(StageNode node) => AskAsync(node, OperationKind.List, "");

    /// <summary>The same as <see cref="PutAsync"/>, for a step that needs the write to take effect.</summary>
    public async Task<Operation> MustPutAsync(StageNode node) => Must(await PutAsync(node), node);

    /// <summary>The same as <see cref="GetAsync"/>, for a step that needs the node to have the key.</summary>
    public async Task<Operation> MustGetAsync(StageNode node) => Must(await GetAsync(node), node);

    /// <summary>Gives a request some time. It may take longer than that: its end is waited for when all is mended.</summary>
    public static Task GiveAsync(Task<Operation> asking, TimeSpan time) => Task.WhenAny(asking, Task.Delay(time));

    /// <summary>Reads the key at the node again and again, each time when the former read has ended, until the answer is disposed.</summary>
    public IDisposable KeepReading(StageNode node)
    {
        var stop = new CancellationTokenSource();
        _ = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await GetAsync(node);
                await Task.Delay(50, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
        return OnEnd(new Undo(stop.Cancel));
    }

    /// <exception cref="SceneNotPlayedException">What the steps after it stand on is not so.</exception>
    public static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new SceneNotPlayedException($"It does not hold that {what}.");
        }
    }

    public Task UntilAsync(string what, Func<Task<bool>> condition) => UntilAsync(what, Patience, condition);

    public async Task UntilAsync(string what, TimeSpan within, Func<Task<bool>> condition)
    {
        try
        {
            await Eventually.HoldsAsync(what, within, _ => condition());
            Note(what);
        }
        catch (TimeoutException e)
        {
            throw new SceneNotPlayedException(e.Message);
        }
    }

    /// <param name="name">Empty: nobody.</param>
    public Task UntilHolderIsAsync(string name) => UntilAsync(
        $"shard {Shard} is held by '{name}'",
        async () => await QueryAsync<string>(
            $"select coalesce((select n.name from node n where n.node_id = l.holder), l.holder, '') from shard_lease l where shard = {Shard}") == name);

    public Task<T> QueryAsync<T>(string sql) => PostgresServer.QueryAsync<T>(_stage.Storage.DirectConnectionString, sql);

    public void Note(string what) => _history.Note(what);

    /// <summary>What is known so far. Of a write that has no answer yet: that it may have been done.</summary>
    public RunHistory Snapshot()
    {
        var so = new RunHistory();
        lock (_asked)
        {
            foreach (var (draft, _) in _asked.Where(asked => !asked.Asking.IsCompleted && asked.Draft.IsWrite))
            {
                so.Add(draft with { End = _history.Now, Outcome = Outcome.Unknown });
            }
        }

        foreach (var operation in _history.Operations)
        {
            so.Add(operation);
        }

        return so;
    }

    private static int ShardOf(string key) => ShardMap.ShardOf(StoredKey.Parse(key), ShardMap.DefaultShards);

    private static Operation Must(Operation operation, StageNode node) => operation.Outcome == Outcome.Done && operation.Owner == node.Name
        ? operation
        : throw new SceneNotPlayedException($"{node.Name} was to do it: {OperationText.Of(operation)}");

    private Task<Operation> AskAsync(StageNode node, OperationKind kind, string key, string? sent = null, long? ifVersion = null)
    {
        var draft = new Operation
        {
            Client = _client.Number,
            Asked = node.Name,
            Kind = kind,
            Key = key,
            Sent = sent,
            IfVersion = ifVersion,
            Start = _history.Now,
            End = 0,
            Outcome = Outcome.NotApplied,
        };
        var ended = new TaskCompletionSource<Operation>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asked)
        {
            _asked.Add((draft, ended.Task));
        }

        _ = Task.Run(async () =>
        {
            Operation seen;
            try
            {
                seen = await _client.AskAsync(draft, node.Address, _history);
            }
            catch (Exception e)
            {
                seen = draft with { End = _history.Now, Outcome = Outcome.Forbidden, Note = $"the client failed: {e}" };
            }

            _history.Add(seen);
            ended.SetResult(seen);
        });
        return ended.Task;
    }
}
