using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Deploy.Bootstrap;

/// <summary>
/// The build with the Kubernetes integration finds its cluster by the API server's list of pods: the real path from the service
/// account's files over discovery and the pods' management ports to the join, only the API server is a fake. It runs wherever the
/// packages of the integration can be had. One story, since each of its steps needs the cluster that the ones before it made.
/// </summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class KubernetesBootstrapSpecs(ITestOutputHelper output)
{
    private const int Pods = 3;

    /// <summary>So many that no pod is the only one that owns some: a cluster where nobody does is not seen in the store.</summary>
    private const int Keys = 30;

    /// <summary>Forming takes the bootstrap's margin of 5 s and some probes; the machine may be busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Longer than the bootstrap's interval.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    [SkippableFact]
    public async Task Pods_form_one_cluster_by_what_the_API_server_lists_and_find_back_to_it()
    {
        using var build = new KubernetesBuild();
        var program = await build.MakeAsync(Note);
        await using var stage = await PodStage.PrepareAsync(program, addresses: Pods + 2, Note);
        Note("the network, the store and the API server are there");

        await FormAsync(stage);
        await ServeAsync(stage, HttpMethod.Put);
        await AssertNeedTheServerNoMoreAsync(stage);
        await RestartOneWithoutTheServerAsync(stage);
        await ReplaceOneAsync(stage);
        await ServeAsync(stage, HttpMethod.Get);
        await StartAllWithoutTheRoleAsync(stage);
        await GrantTheRoleAsync(stage);
        await ServeAsync(stage, HttpMethod.Get);
    }

    /// <summary>No pod forms a cluster before all of them have answered, so each of these bystanders would be in the way if it counted.</summary>
    private async Task FormAsync(PodStage stage)
    {
        var silent = stage.AddressOf(Pods + 1);
        stage.Bystanders =
        [
            new FakePod("other-0", silent) { App = "other" },
            new FakePod("kvstore-elsewhere", silent) { Namespace = "elsewhere" },
            new FakePod("kvstore-7", null) { Phase = "Pending" },
            new FakePod("kvstore-8", silent) { IsTerminating = true },
            new FakePod("kvstore-9", silent) { IsCrashLooping = true },
        ];
        StartAll(stage);
        await stage.AreOneClusterAsync(Patience);

        Assert.Equal(stage.Nodes.Select(node => node.Settings.Host).Order(), stage.Api.Requests.Select(asked => asked.By.ToString()).Distinct().Order());
        Assert.All(stage.Api.Requests, asked => Assert.Equal(200, asked.Status));
        Note($"{Pods} pods formed one cluster");
    }

    private async Task AssertNeedTheServerNoMoreAsync(PodStage stage)
    {
        await Eventually.HoldsAsync($"nobody asks the API server for {Quiet.TotalSeconds} s", Patience, async cancel =>
        {
            var before = stage.Api.Requests.Count;
            await Task.Delay(Quiet, cancel);
            return stage.Api.Requests.Count == before;
        });
        Note("pods that have a cluster do not ask the API server");
    }

    /// <summary>As when a container crashes: the pod stays, and so does its address. Its cluster is known from the store too.</summary>
    private async Task RestartOneWithoutTheServerAsync(PodStage stage)
    {
        stage.Api.IsListingAllowed = false;
        var node = stage.Nodes[1];
        await node.KillAsync();
        node.Restart();
        await stage.AreOneClusterAsync(Patience);
        stage.Api.IsListingAllowed = true;
        Note($"{node.Name} was killed, and is back though the API server refuses it");
    }

    private async Task ReplaceOneAsync(PodStage stage)
    {
        var node = stage.Nodes[2];
        await stage.ReplaceAsync(node, address: Pods);
        await stage.AreOneClusterAsync(Patience);
        Note($"{node.Name} was replaced by a pod at another address");
    }

    /// <summary>Nobody serves, so the store knows of no cluster either: they are alive and wait.</summary>
    private async Task StartAllWithoutTheRoleAsync(PodStage stage)
    {
        await stage.EndAllAsync();
        stage.Api.IsListingAllowed = false;
        StartAll(stage);
        foreach (var node in stage.Nodes)
        {
            await Eventually.HoldsAsync(
                $"{node.Name} is alive, not ready, and says what is wrong",
                Patience,
                async cancel => await node.GetStatusAsync("/healthz/live", cancel) == HttpStatusCode.OK
                    && await node.GetStatusAsync("/healthz/ready", cancel) == HttpStatusCode.ServiceUnavailable
                    && node.Log.Contains("Forbidden to communicate with Kubernetes API server; check RBAC settings"),
                stage.Logs);
        }

        Note("all were ended and started without the right to list pods: alive, not ready");
    }

    private async Task GrantTheRoleAsync(PodStage stage)
    {
        stage.Api.IsListingAllowed = true;
        await stage.AreOneClusterAsync(Patience);
        Note("with the right they formed one cluster by themselves");
    }

    /// <summary>All at once: none waits for another to be ready.</summary>
    private static void StartAll(PodStage stage)
    {
        for (var index = 0; index < Pods; index++)
        {
            stage.Start($"kvstore-{index}", address: index);
        }
    }

    /// <summary>Every pod takes the request, whoever owns the keys.</summary>
    private static async Task ServeAsync(PodStage stage, HttpMethod method)
    {
        foreach (var node in stage.Nodes)
        {
            for (var key = 0; key < Keys; key++)
            {
                await Eventually.HoldsAsync(
                    $"{node.Name} answers {method} of {key}", Patience, cancel => AnswersAsync(node, method, key, cancel), stage.Logs);
            }
        }
    }

    /// <summary>The value of each key is its number.</summary>
    private static async Task<bool> AnswersAsync(NodeProcess node, HttpMethod method, int key, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, $"/kv/{key}") { Content = method == HttpMethod.Put ? JsonContent.Create(key) : null };
        using var answer = await node.Http.SendAsync(request, cancel);
        return answer.IsSuccessStatusCode
            && (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("value").GetInt32() == key;
    }

    private void Note(string what) => output.WriteLine($"[{_watch.Elapsed.TotalSeconds,6:0.0} s] {what}");
}
