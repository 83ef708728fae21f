using System.Net;
using Xunit.Abstractions;

namespace KvStore.Specs.Original;

/// <summary>
/// What clients of the original rely on, over HTTP, whatever stands behind it: one node or several, on any store. Requests
/// are spread over all nodes in turn. The cases of a class share its nodes, run one after the other, and use keys of their own.
/// </summary>
/// <param name="names">The names of the nodes, as <c>KvStore-Node</c> and listings give them.</param>
public abstract partial class OriginalCases(IReadOnlyList<Uri> nodes, IReadOnlyList<string> names, ITestOutputHelper output) : IDisposable
{
    /// <summary>For everything that one case does; requests have their own, shorter limit.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly OriginalClient _client = new(nodes);
    private readonly string _own = $"case-{Guid.NewGuid():N}-";

    public void Dispose()
    {
        _client.Dispose();
        GC.SuppressFinalize(this);
    }

    [SkippableFact]
    public async Task Three_clients_that_each_count_up_100_times_under_a_guard_end_at_exactly_300()
    {
        var key = Own("counter");
        Assert.Equal(1, (await _client.PutAsync(key, "0")).Version);
        using var patience = new CancellationTokenSource(Patience);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => CountUpAsync(key, 100, patience.Token)));

        Assert.Equal((key, "300", 301), (await _client.GetAsync(key)).Entry);
    }

    [SkippableFact]
    public async Task Of_500_parallel_PUTs_on_one_key_each_gets_a_version_of_its_own()
    {
        // The promise is about a program that runs, not about one that is being compiled while it runs.
        for (var i = 0; i < 5; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _client.PutAsync(Own("warm"), "0")));
        }

        // On a machine that is busy elsewhere they may not come together, and there is nothing to put together then.
        const int Rounds = 3;
        var fewest = long.MaxValue;
        for (var round = 1; round <= Rounds && fewest > 20; round++)
        {
            fewest = Math.Min(fewest, await PutInParallelAsync(Own($"hot-{round}")));
        }

        Assert.InRange(fewest, 1, 20);
    }

    [SkippableFact]
    public async Task A_hundred_parallel_PUTs_on_distinct_keys_all_succeed()
    {
        var puts = Enumerable.Range(0, 100).Select(i => _client.PutAsync(Own($"distinct-{i}"), $"{i}"));
        var answers = await Task.WhenAll(puts).WaitAsync(Patience);

        Assert.All(answers, answer => Assert.Equal(1, answer.Version));
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal((Own($"distinct-{i}"), $"{i}", 1), (await _client.GetAsync(Own($"distinct-{i}"))).Entry);
        }
    }

    [SkippableFact]
    public async Task Of_two_guarded_writes_with_one_version_exactly_one_succeeds()
    {
        var key = Own("duel");
        var version = (await _client.PutAsync(key, "\"start\"")).Version;
        for (var round = 0; round < 200; round++)
        {
            var answers = await Task.WhenAll(
                _client.PutAsync(key, $"\"left {round}\"", version), _client.PutAsync(key, $"\"right {round}\"", version));

            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], answers.Select(answer => answer.Status).Order());
            var winner = answers.Single(answer => answer.Status == HttpStatusCode.OK).Entry;
            Assert.Equal(++version, winner.Version);
            Assert.Equal(winner, (await _client.GetAsync(key)).Entry);
        }
    }

    [SkippableFact]
    public async Task IfVersion_0_only_creates()
    {
        var key = Own("once");
        Assert.Equal(1, (await _client.PutAsync(key, "1", ifVersion: 0)).Version);

        var second = await _client.PutAsync(key, "2", ifVersion: 0);

        Assert.Equal(HttpStatusCode.Conflict, second.Status);
        Assert.Equal((key, "1", 1), (await _client.GetAsync(key)).Entry);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(long.MaxValue)]
    public async Task A_write_with_another_version_changes_nothing(long other)
    {
        var key = Own("guarded");
        await _client.PutAsync(key, "1");
        await _client.PutAsync(key, """{"a":2}""");

        Assert.Equal(HttpStatusCode.Conflict, (await _client.PutAsync(key, "3", other)).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await _client.PatchAsync(key, """{"b":3}""", other)).Status);

        Assert.Equal((key, """{"a":2}""", 2), (await _client.GetAsync(key)).Entry);
        Assert.Equal(3, (await _client.PatchAsync(key, """{"b":3}""", 2)).Version);
    }

    [SkippableFact]
    public async Task Reads_and_writes_of_all_kinds_go_together()
    {
        var seed = Seeds.Next(output);
        var keys = Enumerable.Range(0, 5).Select(i => Own($"mixed-{i}")).ToArray();
        var clients = Enumerable.Range(0, 16).Select(client => MixAsync(new Random(seed + client), keys));
        var written = (await Task.WhenAll(clients).WaitAsync(Patience)).SelectMany(writes => writes).ToLookup(write => write.Key);

        foreach (var key in keys)
        {
            var versions = written[key].Select(write => write.Version).Order().ToArray();
            Assert.Equal(Enumerable.Range(1, versions.Length).Select(i => (long)i), versions);
            Assert.Equal(versions.Length, (await _client.GetAsync(key)).Version);
        }
    }

    private string Own(string name) => _own + name;

    private async Task CountUpAsync(string key, int times, CancellationToken cancel)
    {
        for (var done = 0; done < times;)
        {
            cancel.ThrowIfCancellationRequested();
            var (_, value, version) = (await _client.GetAsync(key)).Entry;
            var answer = await _client.PutAsync(key, $"{int.Parse(value) + 1}", version);
            if (answer.Status == HttpStatusCode.OK)
            {
                Assert.Equal(version + 1, answer.Version);
                done++;
            }
            else
            {
                Assert.Equal(HttpStatusCode.Conflict, answer.Status);
            }
        }
    }

    /// <summary>Does 60 things at random and gives the writes among them. What it reads of a key never goes back.</summary>
    private async Task<List<(string Key, long Version)>> MixAsync(Random random, string[] keys)
    {
        var writes = new List<(string, long)>();
        var seen = keys.ToDictionary(key => key, _ => 0L);
        for (var i = 0; i < 60; i++)
        {
            var key = keys[random.Next(keys.Length)];
            var what = random.Next(3);
            var answer = what switch
            {
                0 => await _client.GetAsync(key),
                1 => await _client.PutAsync(key, $$"""{"put":{{i}}}"""),
                _ => await _client.PatchAsync(key, $$"""{"patch":{{i}}}"""),
            };
            if (what == 0 && answer.Status == HttpStatusCode.NotFound)
            {
                Assert.Equal(0, seen[key]);
                continue;
            }

            Assert.InRange(answer.Version, what == 0 ? seen[key] : seen[key] + 1, long.MaxValue);
            seen[key] = answer.Version;
            if (what != 0)
            {
                writes.Add((key, answer.Version));
            }
        }

        return writes;
    }

    /// <returns>How many commits the 500 took.</returns>
    private async Task<long> PutInParallelAsync(string key)
    {
        var before = await _client.CommitsAsync();

        var answers = await Task.WhenAll(Enumerable.Range(1, 500).Select(i => _client.PutAsync(key, $"{i}"))).WaitAsync(Patience);

        var commits = await _client.CommitsAsync() - before;
        output.WriteLine($"500 PUTs took {commits} commits");
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), answers.Select(answer => answer.Version).Order());

        var last = answers.Single(answer => answer.Version == 500).Entry;
        Assert.Equal(last, (await _client.GetAsync(key)).Entry);
        return commits;
    }
}
