using System.Globalization;
using KvStore.Specs.Robustness.Availability;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Deploy.Pods;

/// <summary>The StatefulSet's own environment makes a cluster of real processes, which is rolled and scaled under load.</summary>
[Collection(ClusterOfProcessesCollection.Name)]
public sealed class PodSetSpecs(ITestOutputHelper output)
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SmoothWithin = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task Five_pods_form_one_cluster_roll_one_by_one_scale_to_seven_and_to_three_and_lose_no_request()
    {
        await using var pods = await PodSet.CreateAsync(most: 7);
        try
        {
            await RollAndScaleAsync(pods);
        }
        finally
        {
            output.WriteLine(pods.Ends());
        }
    }

    private async Task RollAndScaleAsync(PodSet pods)
    {
        await pods.ScaleAsync(pods.Replicas);
        await using var load = SteadyLoad.Start(() => pods.Endpoints);
        await load.IsSmoothAsync(Warm, SmoothWithin, pods.Logs);

        await MeasureAsync("rolled one by one", load, pods.RollAsync);
        await MeasureAsync("scaled to 7", load, () => pods.ScaleAsync(7));
        await MeasureAsync("scaled to 3", load, () => pods.ScaleAsync(3));

        Assert.Equal(3, pods.Pods.Count);
        await load.IsSmoothAsync(Warm, SmoothWithin, pods.Logs);
        Assert.Empty(await load.FindLostWritesAsync());
    }

    private async Task MeasureAsync(string what, SteadyLoad load, Func<Task> change)
    {
        var begun = load.Now;
        await change();
        var requests = load.Since(begun);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what} in {(load.Now - begun).TotalSeconds:0.0} s: {requests.Count} requests, {requests.Count(request => request.Failures.Length > 0)} tried again, "
            + $"{requests.Count(request => request.Failures.Length > 1)} more than once, {requests.Count(request => !request.IsAnswered)} never answered, "
            + $"longest wait {requests.Max(request => request.Wait).TotalSeconds:0.00} s"));
        foreach (var request in requests.Where(request => request.Failures.Length > 1).Take(5))
        {
            output.WriteLine(request.ToString());
        }

        // On a busy machine a shard may come late; that it comes, and that the client hears the truth, holds on any.
        Assert.All(requests, request => Assert.True(request.IsAnswered, request.ToString()));
    }
}
