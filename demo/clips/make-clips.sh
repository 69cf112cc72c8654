#!/bin/sh
# Makes the clips of the demo: a burnt-in clock on black, silent, as long as the title is in the
# catalog (subgraphs/catalog/titles.json), so that positions can be read off the picture. Black,
# because the page lays each clip over the landscape of its title as light over dark.
#
# The clips are committed; run this again only to change them: demo/clips/make-clips.sh
# Needs ffmpeg with libvpx-vp9 and drawtext, and the DejaVu fonts (Debian: ffmpeg, fonts-dejavu-core).
# One thread and no dates in the files: the same ffmpeg makes the same bytes.
set -eu
cd "$(dirname "$0")"

fonts=/usr/share/fonts/truetype/dejavu
# Browsers show the nearest picture, not the last one: at two a second the clock is true to 1/4 s, and
# 105 minutes of video stay below a megabyte and a half.
frames_per_second=2
# A seek decodes at most this many pictures.
keyframe_every=120
size=480x270

# clip NAME SECONDS COLOUR TITLE
clip() {
  clock="%{pts\\:gmtime\\:0\\:%M\\\\\\:%S}"
  ffmpeg -v error -y -f lavfi -i "color=c=black:s=$size:r=$frames_per_second:d=$2" -vf "
    drawtext=fontfile=$fonts/DejaVuSans-Bold.ttf:text='$clock':fontsize=96:fontcolor=white:x=(w-tw)/2:y=(h-96)/2-6,
    drawtext=fontfile=$fonts/DejaVuSans.ttf:text='$4':fontsize=20:fontcolor=0x$3:x=(w-tw)/2:y=38" \
    -c:v libvpx-vp9 -b:v 0 -crf 52 -deadline best -g $keyframe_every -threads 1 -row-mt 0 -pix_fmt yuv420p \
    -map_metadata -1 -fflags +bitexact -flags:v +bitexact -an "$1.webm"
}

clip big_buck_bunny 596 8fd46a 'Big Buck Bunny'
clip sintel 888 b9a7ff 'Sintel'
clip tears_of_steel 734 6fc7d9 'Tears of Steel'
clip elephants_dream 654 f2c063 'Elephants Dream'
clip cosmos_laundromat 730 ffd9a0 'Cosmos Laundromat'
clip spring 464 8fe0b0 'Spring'
clip caminandes_llamigos 150 8fd0e8 'Caminandes 3'
clip agent_327 231 ff7f96 'Agent 327'
clip coffee_run 185 ffcf9a 'Coffee Run'
clip sprite_fright 629 c6f08a 'Sprite Fright'
clip charge 264 7cc8f5 'Charge'
clip wing_it 236 ff8f9f 'Wing It!'
clip tideline 240 9fdcff 'Tideline'
clip night_signal 300 ffa26b 'Night Signal'
