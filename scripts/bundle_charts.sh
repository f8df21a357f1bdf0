#!/usr/bin/env bash
# The charts of `okinst report`: Apache ECharts, cut down to the four charts the page draws, as one file that needs no network.
# Needs npm and its registry. Run it to take another release; the file it writes is committed, with the licences of what is in it.
set -euo pipefail
cd "$(dirname "$0")/.."
ECHARTS=6.1.0 ESBUILD=0.28.2
to=$PWD/okinst/publishing/report/page
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y > npm.log 2>&1
npm install --ignore-scripts "echarts@$ECHARTS" "esbuild@$ESBUILD" >> npm.log 2>&1 || { cat npm.log >&2; exit 1; }
node node_modules/esbuild/install.js

cat > entry.js <<'JS'
export { init, use } from "echarts/core";
import { use } from "echarts/core";
import { BarChart, HeatmapChart, ScatterChart } from "echarts/charts";
import { DataZoomInsideComponent, GridComponent, TooltipComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, HeatmapChart, ScatterChart, DataZoomInsideComponent, GridComponent, TooltipComponent, CanvasRenderer]);
JS
npx esbuild entry.js --bundle --minify --format=iife --global-name=echarts --target=es2020 --charset=ascii \
  --legal-comments=none --define:process.env.NODE_ENV='"production"' \
  --banner:js="/*! Apache ECharts $ECHARTS, a part of it, and zrender: see echarts.LICENSE */" --outfile=echarts.min.js

{
  echo "echarts.min.js is a part of Apache ECharts $ECHARTS, bundled by scripts/bundle_charts.sh, with zrender and tslib."
  for package in echarts zrender tslib; do
    printf '\n==== %s %s ====\n\n' "$package" "$(node -p "require('./node_modules/$package/package.json').version")"
    ! [ -f "node_modules/$package/NOTICE" ] || { cat "node_modules/$package/NOTICE"; printf '\n\n'; }
    cat node_modules/$package/LICENSE*
  done
} | tr -d '\r' > echarts.LICENSE
cp echarts.min.js echarts.LICENSE "$to/"
wc -c "$to/echarts.min.js"
