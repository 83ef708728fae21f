using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using KvStore.Http.Responses;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Robustness.SeededBugs;

/// <summary>That the seeded bugs are bugs of today's sources, and programs that run. Whether they are found is not asked here.</summary>
public sealed class SeededBugSpecs(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. SeededBugList.All.Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_edits_fit_the_sources_as_they_are(string name)
    {
        foreach (var file in SeededBugList.Named(name).Edits.GroupBy(edit => edit.File))
        {
            var original = File.ReadAllText(RepositoryRoot.File(file.Key));
            var mutated = file.Aggregate(original, (source, edit) => edit.ApplyTo(source));
            Assert.NotEqual(original, mutated);
        }
    }

    [Fact]
    public void Each_bug_has_a_name_a_rule_a_time_and_an_edit_of_its_own()
    {
        var bugs = SeededBugList.All;
        Assert.Equal(bugs.Length, bugs.Select(bug => bug.Name).Distinct().Count());
        Assert.Equal(bugs.Length, bugs.Select(bug => string.Join('\n', bug.Edits)).Distinct().Count());
        Assert.All(bugs, bug => Assert.EndsWith(".", bug.Rule, StringComparison.Ordinal));
        Assert.All(bugs, bug => Assert.InRange(bug.Within, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)));
        Assert.All(bugs, bug => Assert.NotEmpty(bug.Edits));
    }

    [Fact]
    public void The_bugs_that_the_protocol_was_designed_against_are_all_there() => Assert.Subset(
        SeededBugList.All.Select(bug => bug.Name).ToHashSet(),
        new HashSet<string>
        {
            "ReplyBeforeCommit", "ReadWithoutLeaseCheck", "ValueTakenAfterCheck", "CellWithoutEpoch", "WriteWithoutEpochCheck",
            "LockAndCheckInOneStatement", "RenewalInOneStatement", "ValidityFromAnswer", "RenewalAddsShard", "ReleaseWithoutEpoch",
            "ReleaseBeforeActorsStopped", "NoCompareAndSet", "NoSettling", "ConflictFromUncommitted", "TombstoneRemovedAtOnce",
            "ExpiredCommandExecuted", "WriteSentTwice",
        });

    [Theory]
    [InlineData("text that is not there", "has no text")]
    [InlineData("a", "more than once")]
    public void An_edit_that_does_not_fit_is_refused(string find, string fault)
    {
        var edit = new SourceEdit("KvStore.Node/Some.cs", find, "");
        var refusal = Assert.Throws<InvalidOperationException>(() => edit.ApplyTo("a b a"));
        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>In as few compilations as their edits allow, so that it can be asked at each change.</summary>
    [Fact]
    public async Task Every_bug_compiles()
    {
        await using var build = new MutantBuild();
        var left = SeededBugList.All.ToList();
        while (left.Count > 0)
        {
            var together = left.Aggregate(new List<SeededBug>(), (some, bug) => Fit([.. some, bug]) ? [.. some, bug] : some);
            var watch = Stopwatch.StartNew();
            await build.BuildAsync(together[0] with { Name = $"Together{left.Count}", Edits = [.. together.SelectMany(bug => bug.Edits)] });
            output.WriteLine($"{together.Count} bugs: {watch.Elapsed.TotalSeconds:0.0} s");
            left.RemoveAll(together.Contains);
        }
    }

    [Fact]
    public async Task A_bug_that_does_not_compile_says_what_the_compiler_said_and_leaves_the_next_one_alone()
    {
        await using var build = new MutantBuild();
        var broken = SeededBugList.WriteSentTwice with
        {
            Name = "Broken",
            Edits = [SeededBugList.WriteSentTwice.Edits[1] with { Replacement = "isNoSuchThing" }],
        };

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => build.BuildAsync(broken));
        Assert.Contains("CS0103", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("isNoSuchThing", refusal.Message, StringComparison.Ordinal);

        Assert.True(File.Exists(await build.BuildAsync(SeededBugList.WriteSentTwice)));
    }

    [Fact]
    public async Task A_mutant_is_a_program_that_serves_and_has_its_bug()
    {
        string program;
        await using (var build = new MutantBuild())
        {
            program = await build.BuildAsync(SeededBugList.TombstoneRemovedAtOnce);

            // With the bug the versions of a deleted key begin anew; without it this would be 3.
            Assert.Equal(1, await ServeAsync(program, StorageUnderTest.Sqlite()));
        }

        Assert.False(File.Exists(program));
    }

    /// <summary>
    /// A bug that keeps the program from serving would be found by everything. By default the one whose statement has the
    /// most to go wrong; <c>KVSTORE_SPECS_SCALE=1</c> takes all of them, and many minutes.
    /// </summary>
    [SkippableFact]
    public async Task Mutants_serve_as_long_as_nothing_fails()
    {
        var isWhole = Environment.GetEnvironmentVariable("KVSTORE_SPECS_SCALE") == "1";
        await using var build = new MutantBuild();
        foreach (var bug in isWhole ? SeededBugList.All : [SeededBugList.LockAndCheckInOneStatement])
        {
            var watch = Stopwatch.StartNew();
            var program = await build.BuildAsync(bug);
            var built = watch.Elapsed.TotalSeconds;
            var last = await ServeAsync(program, await PostgresDatabase.CreateAsync());
            if (bug.Edits.Any(edit => edit.File.Contains("/Sqlite/", StringComparison.Ordinal)))
            {
                Assert.Equal(last, await ServeAsync(program, StorageUnderTest.Sqlite()));
            }

            output.WriteLine($"{bug}: built in {built:0.0} s, served by {watch.Elapsed.TotalSeconds:0.0} s, last version {last}");
        }
    }

    private static bool Fit(List<SeededBug> bugs)
    {
        try
        {
            foreach (var file in bugs.SelectMany(bug => bug.Edits).GroupBy(edit => edit.File))
            {
                _ = file.Aggregate(File.ReadAllText(RepositoryRoot.File(file.Key)), (source, edit) => edit.ApplyTo(source));
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>One node, and a key that is written, read, deleted and written again.</summary>
    /// <returns>The version of the last write.</returns>
    private static async Task<int> ServeAsync(string program, StorageUnderTest storage)
    {
        using var owned = storage;
        for (var left = 5; ; left--)
        {
            var port = FreePorts.Next();
            await using var node = NodeProcess.Start(
                new NodeProcessSettings("mutant", FreePorts.Next(), port, [port], storage, []) { Program = program });
            try
            {
                await node.BecomesReadyAsync();
            }
            catch (NodeExitedException e) when (e.PortWasTaken && left > 1)
            {
                continue;
            }

            Assert.Equal(1, await PutAsync(node));
            await Eventually.HoldsAsync(
                "the value is there",
                TimeSpan.FromSeconds(10),
                async cancel => await node.GetStatusAsync("/kv/k", cancel) == HttpStatusCode.OK,
                () => node.Log.Tail());
            using var deleted = await node.Http.DeleteAsync("/kv/k");
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
            return await PutAsync(node);
        }
    }

    private static async Task<int> PutAsync(NodeProcess node)
    {
        using var answer = await node.Http.PutAsJsonAsync("/kv/k", "v");
        Assert.True(answer.IsSuccessStatusCode, $"{answer}\n{node.Log.Tail()}");
        return int.Parse(answer.Headers.GetValues(KvStoreHeaders.Version).Single(), CultureInfo.InvariantCulture);
    }
}
