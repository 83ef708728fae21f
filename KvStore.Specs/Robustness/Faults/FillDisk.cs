using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>No file beside SQLite's database can grow any more.</summary>
internal sealed class FillDisk : Fault
{
    public FillDisk()
        : base("fill the disk")
    {
    }

    public override bool CanHappenOn(Stage stage) => stage.Storage.Disk is not null;

    protected override async Task HappenAsync(Episode episode)
    {
        using var ballast = episode.Stage.Storage.Disk!.Fill();
        episode.Note("it is full");
        await episode.LastAsync();
    }
}
